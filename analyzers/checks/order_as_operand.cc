// Where does a memory order stand in the place of a value?
//
// The orders of C, and those of C++ before C++20, are numbers to the compiler: fetch_add(relaxed)
// adds 0, store(release) stores 3, without a word from any compiler.
#include "checks/check.h"
#include "checks/remark_rules.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "order-as-operand";

std::string object_name(const Complaint& complaint) {
  if (complaint.fields.empty()) return complaint.record;
  const std::string& name = complaint.fields.front().name;
  return complaint.record.empty() ? name : complaint.record + "::" + name;
}

void report(const FactIndex& index, const SourceRemark& remark, std::vector<Finding>& findings) {
  auto complaint = complaint_about(index, remark);
  if (!complaint) complaint = Complaint{.position = remark.position, .declared = remark.text};
  const std::string function(index.function_name(remark.function));
  const std::string object = object_name(*complaint);
  // Two slips on one object in two functions are two findings.
  complaint->key = function + "/" + remark.text;
  complaint->message = remark.text + " takes the memory order for a value" +
                       (object.empty() ? "" : ", of " + object);
  complaint->reason = "the order converts to a number: that is what is added, stored or compared";
  complaint->level = Level::kWarning;
  complaint->weight = 90;
  complaint->verdict = Verdict::kFix;
  complaint->advice = {{.remedy = "atomic",
                        .summary = "give the value first and the order behind it",
                        .memory_bytes = 0}};
  findings.push_back(finding_of(index, kRule, *complaint));
  findings.back().locations.front().function = function;
}

void check_order_as_operand(const FactIndex& index, std::vector<Finding>& findings) {
  for (const SourceRemark& remark : index.facts().remarks)
    if (remark.kind == RemarkKind::kOrderAsOperand && !index.is_system(remark.position.file))
      report(index, remark, findings);
}

const Registration<Check> kOrderAsOperand{{.name = kRule, .run = check_order_as_operand}};

}  // namespace
}  // namespace quarrel
