// How does the layout of a record read on a terminal?
#include <fmt/format.h>

#include <algorithm>

#include "report/record_layout.h"
#include "report/text_layout.h"

namespace quarrel {
namespace {

constexpr size_t kNumberColumns = 7;
constexpr size_t kMaxNameColumns = 44;
constexpr size_t kMaxRuns = 8;
constexpr size_t kGap = 2;

std::string place_of(const LayoutBuilder& builder, SourcePos position) {
  if (!position.file.is_valid() || position.file.value >= builder.facts().files.size()) return {};
  return fmt::format("{}:{}", builder.facts().files[position.file.value], position.line);
}

std::string_view last_part(const LayoutRow& row) {
  const std::string_view name = row.name;
  if (row.kind != LayoutRowKind::kMember && row.kind != LayoutRowKind::kRecord) return name;
  if (row.field == nullptr || row.field->name.empty()) return name.substr(name.rfind('.') + 1);
  return row.field->name;
}

std::string counted(uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string summary_of(const RecordLayout& layout) {
  const SourceRecord& record = *layout.record;
  const std::string holes = layout.holes == 0
                                ? "no holes"
                                : fmt::format("{} ({})", counted(layout.holes, "hole", "holes"),
                                              counted(layout.hole_bytes, "byte", "bytes"));
  const std::string padding = layout.padding_bytes == 0
                                  ? ""
                                  : fmt::format(", {} of padding at the end",
                                                counted(layout.padding_bytes, "byte", "bytes"));
  return fmt::format("{}size {}, alignment {}, {} of {}; {}{}; {}, {}",
                     record.is_union ? "union, " : "", record.size_bytes, record.align_bytes,
                     counted(layout.lines, "line", "lines"), layout.line_bytes, holes, padding,
                     counted(layout.atomics, "atomic", "atomics"),
                     counted(layout.locks, "lock", "locks"));
}

std::string size_cell(const LayoutRow& row) {
  const bool is_bits = row.field != nullptr && row.field->is_bit_field;
  return is_bits ? fmt::format(":{}", row.size_bits) : fmt::format("{}", row.size_bits / 8);
}

std::string offset_cell(const LayoutRow& row) {
  const bool is_bits = row.field != nullptr && row.field->is_bit_field;
  return is_bits ? fmt::format("{}.{}", row.offset_bits / 8, row.offset_bits % 8)
                 : fmt::format("{}", row.offset_bits / 8);
}

/// " (every 24 bytes)", where it tells which elements share a line.
std::string stride_note(const LayoutRow& row) {
  if (row.field == nullptr || row.field->array_length < 2) return {};
  if (!row.field->type_record.is_valid() && !is_synchronized(row)) return {};
  const uint64_t stride = row.size_bits / 8 / row.field->array_length;
  return fmt::format(" (every {})", counted(stride, "byte", "bytes"));
}

std::string mark_cell(const LayoutRow& row) {
  return is_synchronized(row) ? mark_of(*row.field) : "";
}

struct Columns {
  size_t name = 6;
  size_t mark = 0;
};

Columns columns_of(const RecordLayout& layout) {
  Columns columns;
  for (const LayoutRow& row : layout.rows) {
    columns.name = std::max(columns.name, size_t(row.depth) * 2 + last_part(row).size());
    columns.mark = std::max(columns.mark, mark_cell(row).size());
  }
  columns.name = std::min(columns.name, kMaxNameColumns);
  if (columns.mark > 0) columns.mark += kGap;
  return columns;
}

std::string table_row(const Columns& columns, std::string_view offset, std::string_view size,
                      std::string_view name, std::string_view mark, std::string_view type,
                      std::string_view note) {
  std::string line =
      fmt::format("{:>{}}  {:>{}}  {:<{}}  {:<{}}", offset, kNumberColumns, size, kNumberColumns,
                  shorten(name, columns.name), columns.name, mark, columns.mark);
  line += shorten_function(type, kTextColumns - line.size() - note.size());
  line += note;
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string row_text(const LayoutRow& row, const RecordLayout& layout, const Columns& columns) {
  const bool is_split = is_synchronized(row) && crosses_line(row, layout.line_bytes);
  const std::string note = stride_note(row) + (is_split ? "; crosses a line" : "");
  const std::string name = std::string(size_t(row.depth) * 2, ' ') + std::string(last_part(row));
  return table_row(columns, offset_cell(row), size_cell(row), name, mark_cell(row), row.type, note);
}

std::string line_rule(uint64_t line, const RecordLayout& layout) {
  std::string text = fmt::format("-- line {} (from {}) ", line, line * layout.line_bytes);
  return text + std::string(kTextColumns - text.size(), '-') + "\n";
}

std::string sharing_text(const RecordLayout& layout, const std::vector<std::vector<size_t>>& runs,
                         const std::string& when) {
  std::string text;
  for (size_t i = 0; i < std::min(runs.size(), kMaxRuns); ++i) {
    std::vector<std::string> names;
    for (size_t index : runs[i]) names.push_back(layout.rows[index].name);
    text += wrap(fmt::format("{}: {}", when, fmt::join(names, ", ")), 0, 2);
  }
  if (runs.size() > kMaxRuns)
    text += fmt::format("{}: {} more runs (--json lists them)\n", when, runs.size() - kMaxRuns);
  return text;
}

}  // namespace

std::string layout_text(const LayoutBuilder& builder, const RecordLayout& layout) {
  const SourceRecord& record = *layout.record;
  std::string text = wrap(record.name, 0, 2);
  if (const std::string place = place_of(builder, record.position); !place.empty())
    text += wrap("declared at " + place, 0, 2);
  text += wrap(summary_of(layout), 0, 2);
  const Columns columns = columns_of(layout);
  if (!layout.rows.empty()) text += table_row(columns, "offset", "size", "member", "", "type", "");
  uint64_t line = ~uint64_t{0};
  for (const LayoutRow& row : layout.rows) {
    const uint64_t at = row.offset_bits / 8 / layout.line_bytes;
    if (at != line) text += line_rule(line = at, layout);
    text += row_text(row, layout, columns);
  }
  if (record.align_bytes < layout.line_bytes && layout.lines > 0 && !layout.rows.empty())
    text +=
        wrap(fmt::format("Objects start at any multiple of {}, mostly of 16: lines are shown for "
                         "one that starts on a line.",
                         record.align_bytes),
             0, 2);
  text += sharing_text(layout, layout.always_together, "Share a line at every address");
  text += sharing_text(layout, layout.sometimes_together, "Share a line at some addresses");
  return text;
}

std::string layout_table(const std::vector<RecordLayout>& layouts) {
  TextTable table({{"record", TextTable::Kind::kFunction},
                   {"size", true},
                   {"align", true},
                   {"lines", true},
                   {"holes", true},
                   {"in bytes", true},
                   {"padding", true},
                   {"atomics", true},
                   {"locks", true}});
  for (const RecordLayout& layout : layouts)
    table.add({layout.record->name, std::to_string(layout.record->size_bytes),
               std::to_string(layout.record->align_bytes), std::to_string(layout.lines),
               std::to_string(layout.holes), std::to_string(layout.hole_bytes),
               std::to_string(layout.padding_bytes), std::to_string(layout.atomics),
               std::to_string(layout.locks)});
  return table.render(0);
}

}  // namespace quarrel
