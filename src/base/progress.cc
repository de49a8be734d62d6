// How does the user see that long work goes on?
#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace quarrel {

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}
Progress::~Progress() {
  clear();
}

void Progress::update(std::string_view text) {
  if (!is_terminal_) return;
  fmt::print(stderr, "\r{:<{}}", text, shown_);
  std::fflush(stderr);
  shown_ = text.size();
}

void Progress::say(std::string_view text) {
  clear();
  fmt::print(stderr, "{}\n", text);
}

void Progress::clear() {
  if (shown_ == 0) return;
  fmt::print(stderr, "\r{:<{}}\r", "", shown_);
  shown_ = 0;
}

}  // namespace quarrel
