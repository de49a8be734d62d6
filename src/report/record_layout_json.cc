// How does a script read the layouts of records?
#include <nlohmann/json.hpp>

#include "report/record_layout.h"

namespace quarrel {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kJsonFormat = 1;

std::string_view kind_word(LayoutRowKind kind) {
  switch (kind) {
    case LayoutRowKind::kMember:
      return "member";
    case LayoutRowKind::kBase:
      return "base";
    case LayoutRowKind::kRecord:
      return "record";
    case LayoutRowKind::kHole:
      return "hole";
    case LayoutRowKind::kPadding:
      return "padding";
    case LayoutRowKind::kVirtualBases:
      return "virtual bases";
  }
  return "";
}

Json to_json(const LayoutRow& row, const RecordLayout& layout) {
  Json json = {{"kind", kind_word(row.kind)},
               {"depth", row.depth},
               {"name", row.name},
               {"type", row.type},
               {"offset", row.offset_bits / 8},
               {"size", row.size_bits / 8}};
  if (row.field == nullptr) return json;
  if (row.field->is_bit_field) {
    json["bit_offset"] = row.offset_bits;
    json["bit_size"] = row.size_bits;
  }
  if (row.field->array_length > 0) json["elements"] = row.field->array_length;
  json["atomic"] = row.field->is_atomic;
  json["lock"] = row.field->lock == LockClass::kNone ? "" : mark_of(*row.field);
  json["crosses_line"] = crosses_line(row, layout.line_bytes);
  return json;
}

Json names_of(const RecordLayout& layout, const std::vector<std::vector<size_t>>& runs) {
  Json all = Json::array();
  for (const std::vector<size_t>& run : runs) {
    Json names = Json::array();
    for (size_t index : run) names.push_back(layout.rows[index].name);
    all.push_back(std::move(names));
  }
  return all;
}

Json to_json(const LayoutBuilder& builder, const RecordLayout& layout) {
  const SourceRecord& record = *layout.record;
  const bool has_file = record.position.file.value < builder.facts().files.size();
  Json json = {{"name", record.name},
               {"file", has_file ? builder.facts().files[record.position.file.value] : ""},
               {"line", record.position.line},
               {"union", record.is_union},
               {"size", record.size_bytes},
               {"alignment", record.align_bytes},
               {"lines", layout.lines},
               {"holes", layout.holes},
               {"hole_bytes", layout.hole_bytes},
               {"padding_bytes", layout.padding_bytes},
               {"atomics", layout.atomics},
               {"locks", layout.locks}};
  json["rows"] = Json::array();
  for (const LayoutRow& row : layout.rows) json["rows"].push_back(to_json(row, layout));
  json["always_share_line"] = names_of(layout, layout.always_together);
  json["may_share_line"] = names_of(layout, layout.sometimes_together);
  return json;
}

}  // namespace

std::string layout_json(const LayoutBuilder& builder, const std::vector<RecordLayout>& layouts) {
  Json records = Json::array();
  for (const RecordLayout& layout : layouts) records.push_back(to_json(builder, layout));
  const uint64_t line_size = layouts.empty() ? kLineBytes : layouts.front().line_bytes;
  const Json json = {{"quarrel", {{"format", kJsonFormat}, {"version", QUARREL_VERSION}}},
                     {"line_size", line_size},
                     {"records", std::move(records)}};
  // Names come from the binary and need not be UTF-8; dump would throw on them.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace quarrel
