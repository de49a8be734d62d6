// How is a cache line drawn so that one sees who writes beside whom, also without seeing?
#include "report/html_line_map.h"

#include <fmt/format.h>

#include "report/html_text.h"
#include "report/line_map.h"
#include "report/text_layout.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr int kLabelWidth = 170;
constexpr int kCellWidth = 13;
constexpr int kRowHeight = 24;
constexpr int kTop = 16;
constexpr int kCharWidth = 7;  // of the 11 px mono font in report.css

int x_of(size_t cell) {
  return kLabelWidth + static_cast<int>(cell) * kCellWidth;
}
int y_of(size_t row) {
  return kTop + static_cast<int>(row) * kRowHeight;
}

std::string text_at(int x, int y, std::string_view kind, std::string_view text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>", x, y, kind,
                     escape_html(text));
}

/// Equal neighbouring cells as one box with its letter or name inside.
std::string box(size_t row, size_t begin, size_t end, std::string_view kind,
                std::string_view text_kind, const std::string& text) {
  const int width = static_cast<int>(end - begin) * kCellWidth;
  const auto room = static_cast<size_t>(width / kCharWidth);
  std::string svg = fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"/>",
                                x_of(begin), y_of(row) + 2, width, kRowHeight - 4, kind);
  if (!text.empty() && room > 0)
    svg += text_at(x_of(begin) + width / 2, y_of(row) + kRowHeight / 2 + 4, text_kind,
                   text.size() <= room ? text : shorten(text, room));
  return svg;
}

/// Calls `draw(begin, end)` for each run of equal values.
template <class T, class Draw>
void for_runs(const std::vector<T>& values, Draw draw) {
  for (size_t begin = 0; begin < values.size();) {
    size_t end = begin + 1;
    while (end < values.size() && values[end] == values[begin]) ++end;
    draw(begin, end);
    begin = end;
  }
}

std::string draw_ruler(const LineMap& map) {
  std::string svg;
  for (size_t cell = 0; cell <= kLineCells; cell += 8)
    svg += text_at(x_of(cell), kTop - 4, "ruler", fmt::format("{}", cell * map.cell_bytes));
  return svg;
}

/// One thin line a cell, a stronger one each eight: a long is eight bytes.
std::string draw_grid(const LineMap& map) {
  std::string svg;
  const int bottom = y_of(map.rows.size() + 1);
  for (size_t cell = 0; cell <= kLineCells; ++cell)
    svg += fmt::format("<path class=\"{}\" d=\"M{} {}V{}\"/>", cell % 8 == 0 ? "eighth" : "tick",
                       x_of(cell), kTop, bottom);
  return svg;
}

std::string draw_fields(const Finding& finding, const LineMap& map) {
  std::string svg = text_at(0, kTop + kRowHeight / 2 + 4, "", "field");
  for_runs(map.field_of_cell, [&](size_t begin, size_t end) {
    const int field = map.field_of_cell[begin];
    if (field >= 0)
      svg += box(0, begin, end, "field", "in name",
                 finding.subject.fields[static_cast<size_t>(field)].name);
  });
  return svg;
}

std::string_view use_class(CellUse use) {
  switch (use) {
    case CellUse::kNone:
      return "";
    case CellUse::kRead:
      return "read";
    case CellUse::kWrite:
      return "write";
    case CellUse::kReadWrite:
      return "both";
  }
  return "";
}

std::string_view use_letters(CellUse use) {
  switch (use) {
    case CellUse::kNone:
      return "";
    case CellUse::kRead:
      return "R";
    case CellUse::kWrite:
      return "W";
    case CellUse::kReadWrite:
      return "RW";
  }
  return "";
}

std::string draw_thread(const LineMapRow& row, size_t index) {
  std::string svg =
      text_at(0, y_of(index) + kRowHeight / 2 + 4, "",
              shorten(format_thread(row.name, row.tid), kLabelWidth / kCharWidth - 1));
  for_runs(row.cells, [&](size_t begin, size_t end) {
    const CellUse use = row.cells[begin];
    if (use != CellUse::kNone)
      svg += box(index, begin, end, use_class(use), "in", std::string(use_letters(use)));
  });
  return svg;
}

std::string draw_map(const Finding& finding, const LineMap& map) {
  std::string svg = draw_ruler(map) + draw_grid(map) + draw_fields(finding, map);
  for (size_t i = 0; i < map.rows.size(); ++i) svg += draw_thread(map.rows[i], i + 1);
  return fmt::format(
      "<div class=\"scroll\"><svg class=\"linemap\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"Bytes of the cache line by thread; the table below says the same\">{}</svg>"
      "</div>\n",
      x_of(kLineCells) + 16, y_of(map.rows.size() + 1) + 2, svg);
}

std::string list_threads(const Finding& finding, const std::vector<int32_t>& tids) {
  std::string list;
  for (int32_t tid : tids) {
    std::string name;
    for (const ThreadRole& thread : finding.threads)
      if (thread.tid == tid) name = thread.name;
    list += (list.empty() ? "" : ", ") + escape_html(format_thread(name, tid));
  }
  return list.empty() ? "<span class=\"soft\">none seen</span>" : list;
}

std::string field_table(const Finding& finding) {
  HtmlTable table("Fields by offset in bytes", {{"Field"},
                                                {"Offset", true},
                                                {"Bytes", true},
                                                {"Written by"},
                                                {"Read by"},
                                                {"Samples", true}});
  for (const SubjectField& field : finding.subject.fields)
    table.add({"<code>" + escape_html(field.name) + "</code>", fmt::format("{}", field.offset),
               fmt::format("{}", field.size), list_threads(finding, field.writers),
               list_threads(finding, field.readers), format_count(field.samples)});
  return table.render();
}

}  // namespace

std::string render_html_line_map(const Finding& finding, uint32_t line_size) {
  if (finding.subject.fields.empty()) return "";
  const LineMap map = map_line(finding, line_size);
  std::string html;
  if (!map.rows.empty())
    html +=
        fmt::format(
            "<h3>Cache line, {} bytes</h3>\n<p class=\"soft small\">One box a field; R reads, W "
            "writes, RW does both.</p>\n",
            map.line_size) +
        draw_map(finding, map);
  return html + field_table(finding);
}

}  // namespace quarrel
