// Which padding or alignment does not change what shares a cache line?
//
// Four ways to write padding that does nothing: filling up what an alignment rounds up anyway,
// counting bytes from an address that need not begin a line, aligning the array or the typedef
// instead of the element, and putting the pad on the wrong side of a member.
#include "checks/check.h"
#include "checks/line_pads.h"
#include "checks/misplaced_alignment.h"
#include "checks/misplaced_pads.h"
#include "checks/own_records.h"
#include "checks/redundant_pads.h"
#include "checks/unaligned_pads.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "pad-no-op";

std::vector<Complaint> complaints_of(const CheckContext& context, const SourceRecord& record) {
  const PaddedRecord padded = padded_record(context, record);
  if (padded.pads.empty()) return {};
  std::vector<Complaint> found = redundant_pads(context.index, padded);
  // Where a program allocates its objects, and who writes them, is not told by their types.
  if (are_of_binary(context.index.facts())) return found;
  if (auto complaint = unaligned_pads(context, padded)) found.push_back(std::move(*complaint));
  if (auto complaint = misplaced_pad(context, padded)) found.push_back(std::move(*complaint));
  return found;
}

void check_pad_no_op(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  ReportedOnce reported;
  auto report = [&](const SourceRecord& record, const std::vector<Complaint>& complaints) {
    for (const Complaint& complaint : complaints)
      if (reported.is_new(record, complaint.key + complaint.fields.front().name))
        findings.push_back(finding_of(index, kRule, complaint));
  };
  for (const SourceRecord* record : laid_out_records(index))
    report(*record, complaints_of(context, *record));
  for (const SourceRecord* record : dependent_records(index))
    report(*record, redundant_pads_as_spelled(*record));
  for (const Complaint& complaint : typedef_alignments(index))
    findings.push_back(finding_of(index, kRule, complaint));
  for (const Complaint& complaint : array_alignments(index))
    findings.push_back(finding_of(index, kRule, complaint));
}

const Registration<Check> kPadNoOp{
    {.name = kRule, .run = check_pad_no_op, .needs_types_only = true}};

}  // namespace
}  // namespace quarrel
