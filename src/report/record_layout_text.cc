// How does the layout of a record read on a terminal?
#include <fmt/format.h>

#include <algorithm>

#include "report/record_layout.h"
#include "report/text_layout.h"

namespace quarrel {
namespace {

constexpr size_t kNumberColumns = 7;
constexpr size_t kMaxNameColumns = 44;
constexpr size_t kMarkColumns = 12;
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
  std::string text = fmt::format(
      "{} {}, alignment {}, {} of {}; {}", layout.record->is_union ? "union of" : "size",
      layout.record->size_bytes, layout.record->align_bytes, counted(layout.lines, "line", "lines"),
      layout.line_bytes,
      layout.holes == 0 ? "no holes"
                        : fmt::format("{} ({} bytes)", counted(layout.holes, "hole", "holes"),
                                      layout.hole_bytes));
  text += fmt::format(", {} at the end",
                      counted(layout.padding_bytes, "byte of padding", "bytes of padding"));
  return text + fmt::format("; {}, {}", counted(layout.atomics, "atomic", "atomics"),
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

/// "8 x 24 bytes": each element of the array, where it is not obvious.
std::string stride_note(const LayoutRow& row) {
  if (row.field == nullptr || row.field->array_length < 2) return {};
  const uint64_t stride = row.size_bits / 8 / row.field->array_length;
  return fmt::format(" (every {})", counted(stride, "byte", "bytes"));
}

std::string row_text(const LayoutRow& row, const RecordLayout& layout, size_t name_columns) {
  std::string mark = row.field != nullptr ? mark_of(*row.field) : "";
  if (row.kind == LayoutRowKind::kRecord) mark.clear();
  std::string type = row.type + stride_note(row);
  if (!mark.empty() && crosses_line(row, layout.line_bytes)) type += "; crosses a line";
  const std::string name = std::string(size_t(row.depth) * 2, ' ') + std::string(last_part(row));
  const size_t used = 2 * kNumberColumns + name_columns + kMarkColumns + 4 * kGap;
  std::string line =
      fmt::format("{:>{}}  {:>{}}  {:<{}}  {:<{}}  {}", offset_cell(row), kNumberColumns,
                  size_cell(row), kNumberColumns, shorten(name, name_columns), name_columns,
                  shorten(mark, kMarkColumns), kMarkColumns, shorten(type, kTextColumns - used));
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string line_rule(uint64_t line, const RecordLayout& layout) {
  std::string text = fmt::format("-- line {} (from {}) ", line, line * layout.line_bytes);
  return text + std::string(kTextColumns - text.size(), '-') + "\n";
}

size_t name_columns_of(const RecordLayout& layout) {
  size_t columns = 6;
  for (const LayoutRow& row : layout.rows)
    columns = std::max(columns, size_t(row.depth) * 2 + last_part(row).size());
  return std::min(columns, kMaxNameColumns);
}

std::string sharing_text(const RecordLayout& layout, const std::vector<std::vector<size_t>>& runs,
                         const std::string& when) {
  std::string text;
  for (const std::vector<size_t>& run : runs) {
    std::vector<std::string> names;
    for (size_t index : run) names.push_back(layout.rows[index].name);
    text += wrap(fmt::format("{}: {}", when, fmt::join(names, ", ")), 0, 2);
  }
  return text;
}

}  // namespace

std::string layout_text(const LayoutBuilder& builder, const RecordLayout& layout) {
  const SourceRecord& record = *layout.record;
  std::string text = wrap(record.name, 0, 2);
  if (const std::string place = place_of(builder, record.position); !place.empty())
    text += wrap("declared at " + place, 0, 2);
  text += wrap(summary_of(layout), 0, 2);
  const size_t columns = name_columns_of(layout);
  if (!layout.rows.empty())
    text += fmt::format("{:>{}}  {:>{}}  {:<{}}  {:<{}}  type\n", "offset", kNumberColumns, "size",
                        kNumberColumns, "member", columns, "", kMarkColumns);
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
  TextTable table({{"record"},
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
