// How is untrusted text laid out in 100 ASCII columns?
#include "report/text_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace quarrel {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowest = 8;

std::vector<std::string> split_words(std::string_view text, size_t longest) {
  std::vector<std::string> words;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string_view::npos) break;
    at = std::min(text.find(' ', begin), text.size());
    for (size_t part = begin; part < at; part += longest)
      words.emplace_back(text.substr(part, std::min(longest, at - part)));
  }
  return words;
}

}  // namespace

std::string to_ascii(std::string_view text) {
  std::string ascii;
  for (unsigned char c : text) {
    if (c >= 0x20 && c < 0x7f)
      ascii += static_cast<char>(c);
    else
      ascii += fmt::format("\\x{:02x}", c);
  }
  return ascii;
}

std::string wrap(std::string_view text, size_t indent, size_t hang) {
  const std::string ascii = to_ascii(text);
  const size_t longest = kTextColumns - std::max(indent, hang);
  std::string wrapped;
  std::string line(indent, ' ');
  bool is_fresh = true;
  for (const std::string& word : split_words(ascii, longest)) {
    if (!is_fresh && line.size() + 1 + word.size() > kTextColumns) {
      wrapped += line + "\n";
      line.assign(hang, ' ');
      is_fresh = true;
    }
    if (!is_fresh) line += ' ';
    line += word;
    is_fresh = false;
  }
  return wrapped + line + "\n";
}

std::string shorten(std::string_view text, size_t columns) {
  const std::string ascii = to_ascii(text);
  if (ascii.size() <= columns) return ascii;
  if (columns <= 3) return ascii.substr(0, columns);
  const size_t tail = (columns - 3) / 2;
  const size_t head = columns - 3 - tail;
  return ascii.substr(0, head) + "..." + ascii.substr(ascii.size() - tail);
}

void TextTable::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = to_ascii(cell);
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<size_t> TextTable::widths(size_t indent) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = columns_[i].title.size();
    for (const auto& row : rows_) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  const size_t room = kTextColumns - indent - kGap * (columns_.size() - 1);
  // Numbers stay whole; names give way, the widest first.
  for (size_t total = std::accumulate(widths.begin(), widths.end(), size_t{0}); total > room;
       --total) {
    size_t widest = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i)
      if (!columns_[i].is_number && (widest == columns_.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == columns_.size() || widths[widest] <= kNarrowest) break;
    --widths[widest];
  }
  return widths;
}

std::string TextTable::render_row(const std::vector<std::string>& cells,
                                  const std::vector<size_t>& widths, size_t indent) const {
  std::string line(indent, ' ');
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = shorten(cells[i], widths[i]);
    line += columns_[i].is_number ? fmt::format("{:>{}}", cell, widths[i])
                                  : fmt::format("{:<{}}", cell, widths[i]);
    line.append(kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string TextTable::render(size_t indent) const {
  const std::vector<size_t> column_widths = widths(indent);
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string table = render_row(titles, column_widths, indent);
  for (const auto& row : rows_) table += render_row(row, column_widths, indent);
  return table;
}

}  // namespace quarrel
