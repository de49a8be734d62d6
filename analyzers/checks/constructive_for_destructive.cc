// Where is the size for keeping things together used to keep them apart?
//
// hardware_constructive_interference_size is the largest size that surely shares a line, the
// destructive one the smallest distance that surely does not. On some targets they differ. Padding
// with the former is wrong; aligning a record to it may be meant to keep its members together.
#include <algorithm>

#include "checks/check.h"
#include "checks/remark_rules.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "constructive-for-destructive";

/// Is there an array of such records? Then their alignment keeps neighbours apart.
bool is_element(const FactIndex& index, SymbolId record) {
  for (const SourceRecord& outer : index.facts().records)
    for (const SourceField& field : outer.fields)
      if ((field.type_record == record && field.array_length > 1) || field.element_record == record)
        return true;
  return std::any_of(index.facts().variables.begin(), index.facts().variables.end(),
                     [&](const SourceVariable& variable) {
                       return (variable.type_record == record && variable.array_length > 1) ||
                              variable.element_record == record;
                     });
}

bool is_meant_to_separate(const FactIndex& index, const SourceRemark& remark) {
  return index.record(remark.object) == nullptr || is_element(index, remark.object);
}

void report(const FactIndex& index, const SourceRemark& remark, std::vector<Finding>& findings) {
  auto complaint = complaint_about(index, remark);
  if (!complaint) return;
  const std::string name =
      complaint->fields.empty() ? complaint->record : complaint->fields.front().name;
  complaint->message = name +
                       " is kept apart by hardware_constructive_interference_size, which is "
                       "the size for keeping together";
  complaint->reason =
      "where the two sizes differ the constructive one is the smaller: objects at "
      "that distance still share a line";
  complaint->verdict = Verdict::kFix;
  complaint->weight = 20;
  complaint->advice = {{.remedy = "pad",
                        .summary = "use hardware_destructive_interference_size, or a constant of "
                                   "the project where the layout is part of an interface",
                        .memory_bytes = 0}};
  findings.push_back(finding_of(index, kRule, *complaint));
}

void check_constructive(const FactIndex& index, std::vector<Finding>& findings) {
  for (const SourceRemark& remark : index.facts().remarks)
    if (remark.kind == RemarkKind::kConstructiveSize && is_meant_to_separate(index, remark))
      report(index, remark, findings);
}

const Registration<Check> kConstructive{{.name = kRule, .run = check_constructive}};

}  // namespace
}  // namespace quarrel
