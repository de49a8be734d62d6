// How is a diagnosis drawn on a terminal, again and again, and which keys does it obey?
#include "commands/top_screen.h"

#include <ncurses.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace quarrel {
namespace {

constexpr int kKeyWaitMs = 100;
constexpr int kHeaderRows = 3;  // title, tabs, an empty row
constexpr const char* kTabs[] = {"1 locks", "2 lines", "3 threads"};
constexpr const char* kNothing[] = {"No lock was waited for so far.",
                                    "No cache line was found shared so far.",
                                    "No thread waited for a lock so far."};

void put(int row, int column, const std::string& text) {
  mvaddnstr(row, column, text.c_str(), std::max(0, COLS - column));
}

}  // namespace

TopScreen::TopScreen() {
  initscr();
  cbreak();
  noecho();
  curs_set(0);
  keypad(stdscr, TRUE);
  timeout(kKeyWaitMs);
}

TopScreen::~TopScreen() {
  endwin();
}

void TopScreen::draw_tabs(int row) {
  int column = 0;
  for (size_t i = 0; i < std::size(kTabs); ++i) {
    const bool is_chosen = i == size_t(view_);
    if (is_chosen) attron(A_REVERSE);
    put(row, column, std::string(" ") + kTabs[i] + " ");
    if (is_chosen) attroff(A_REVERSE);
    column += int(std::string(kTabs[i]).size()) + 3;
  }
  put(row, column, is_paused_ ? "paused; space: go on, q: quit" : "space: pause, q: quit");
}

void TopScreen::draw(const Diagnosis* diagnosis, const Diagnosis* before) {
  erase();
  put(0, 0, diagnosis ? top_title(*diagnosis, before) : "quarrel: attaching ...");
  draw_tabs(1);
  if (diagnosis != nullptr) {
    const size_t space = size_t(std::max(1, LINES - kHeaderRows - 1));
    const auto lines = top_table(view_, *diagnosis, before, space);
    if (lines.size() < 2) put(kHeaderRows, 0, kNothing[size_t(view_)]);
    for (size_t i = 0; lines.size() >= 2 && i < lines.size(); ++i)
      put(kHeaderRows + int(i), 0, lines[i]);
  }
  refresh();
}

bool TopScreen::handle_key() {
  const int key = getch();
  if (key == 'q' || key == 'Q') return false;
  if (key == ' ') is_paused_ = !is_paused_;
  if (key >= '1' && key <= '3') view_ = TopView(key - '1');
  if (key == '\t') view_ = TopView((size_t(view_) + 1) % std::size(kTabs));
  return true;
}

}  // namespace quarrel
