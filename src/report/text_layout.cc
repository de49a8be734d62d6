// How is untrusted text laid out in 100 ASCII columns?
#include "report/text_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace quarrel {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNoteIndent = 4;
constexpr std::string_view kElided = "<...>";
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

/// Position after the '>' that closes the '<' at `open`, or npos. "operator<" closes nowhere.
size_t end_of_arguments(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    if (text[at] == '<') ++depth;
    if (text[at] == '>' && text[at - 1] != '-' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

std::string shorten_cell(TextTable::Kind kind, const std::string& cell, size_t columns) {
  switch (kind) {
    case TextTable::Kind::kPath:
      return shorten_path(cell, columns);
    case TextTable::Kind::kFunction:
      return shorten_function(cell, columns);
    case TextTable::Kind::kName:
    case TextTable::Kind::kNumber:
    case TextTable::Kind::kNote:
      return shorten(cell, columns);
  }
  return cell;
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

std::string shorten_path(std::string_view path, size_t columns) {
  const std::string ascii = to_ascii(path);
  if (ascii.size() <= columns) return ascii;
  if (columns <= 3) return ascii.substr(ascii.size() - columns);
  const size_t start = ascii.size() - (columns - 3);
  const size_t slash = ascii.find('/', start);
  return "..." + ascii.substr(slash == std::string::npos ? start : slash);
}

std::string shorten_function(std::string_view name, size_t columns) {
  std::string text = to_ascii(name);
  for (size_t open = 0; text.size() > columns; ++open) {
    open = text.find('<', open);
    if (open == std::string::npos) break;
    const size_t close = end_of_arguments(text, open);
    if (close == std::string::npos) break;
    if (close - open > kElided.size()) text.replace(open, close - open, kElided);
  }
  if (text.size() <= columns || columns <= 3) return text.substr(0, columns);
  return "..." + text.substr(text.size() - (columns - 3));
}

void TextTable::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = to_ascii(cell);
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<size_t> TextTable::widths(size_t indent, size_t count) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < count; ++i) {
    size_t width = columns_[i].title.size();
    for (const auto& row : rows_) width = std::max(width, row[i].size());
    widths.push_back(width);
  }
  const size_t room = kTextColumns - indent - kGap * (count - 1);
  // Numbers stay whole; names give way, the widest first.
  for (size_t total = std::accumulate(widths.begin(), widths.end(), size_t{0}); total > room;
       --total) {
    size_t widest = count;
    for (size_t i = 0; i < count; ++i)
      if (columns_[i].kind != Kind::kNumber && (widest == count || widths[i] > widths[widest]))
        widest = i;
    if (widest == count || widths[widest] <= kNarrowest) break;
    --widths[widest];
  }
  return widths;
}

std::string TextTable::render_row(const std::vector<std::string>& cells,
                                  const std::vector<size_t>& widths, size_t indent) const {
  std::string line(indent, ' ');
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = shorten_cell(columns_[i].kind, cells[i], widths[i]);
    line += columns_[i].kind == Kind::kNumber ? fmt::format("{:>{}}", cell, widths[i])
                                              : fmt::format("{:<{}}", cell, widths[i]);
    line.append(kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

bool TextTable::do_notes_fit(const std::vector<size_t>& widths, size_t indent) const {
  size_t used = indent;
  for (size_t width : widths) used += width + kGap;
  return std::all_of(rows_.begin(), rows_.end(), [&](const std::vector<std::string>& row) {
    return used + row.back().size() <= kTextColumns;
  });
}

std::string TextTable::render(size_t indent) const {
  const size_t named = columns_.size() - (has_notes() ? 1 : 0);
  std::vector<size_t> column_widths = widths(indent, named);
  const bool are_notes_below = has_notes() && !do_notes_fit(column_widths, indent);
  if (!are_notes_below) column_widths = widths(indent, columns_.size());
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string table = render_row(titles, column_widths, indent);
  for (const auto& row : rows_) {
    table += render_row(row, column_widths, indent);
    if (are_notes_below && !row.back().empty())
      table += wrap(row.back(), indent + kNoteIndent, indent + kNoteIndent);
  }
  return table;
}

}  // namespace quarrel
