// What is said about an expression that is wrong as it is spelled?
#include "checks/remark_rules.h"

namespace quarrel {

std::optional<Complaint> complaint_about(const FactIndex& index, const SourceRemark& remark) {
  if (index.is_system(remark.position.file)) return std::nullopt;
  Complaint complaint{.position = remark.position, .declared = remark.text};
  for (const SourceRecord& record : index.facts().records)
    for (const SourceField& field : record.fields)
      if (field.symbol == remark.object) {
        complaint.record = record.name;
        complaint.fields = {
            {.name = field.name, .offset = field.offset_bits / 8, .size = field.size_bits / 8}};
        return complaint;
      }
  if (const SourceRecord* record = index.record(remark.object)) {
    complaint.record = record->name;
    return complaint;
  }
  const SourceVariable* variable = index.variable(remark.object);
  if (variable == nullptr) return std::nullopt;
  complaint.type = variable->type;
  complaint.fields = {{.name = variable->name, .size = variable->size_bytes}};
  return complaint;
}

}  // namespace quarrel
