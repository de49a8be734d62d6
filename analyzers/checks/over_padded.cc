// Which padding buys nothing for its price?
//
// Restraint is the point of this check: padding that keeps a producer's index from a consumer's is
// right, however large. Reported are pads of several lines, pads where an alignment is cheaper, and
// lines of members that are always used together, or by a single thread, or never written.
#include "checks/check.h"
#include "checks/idle_pads.h"
#include "checks/joint_lines.h"
#include "checks/own_records.h"
#include "checks/wide_pads.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "over-padded";

std::vector<Complaint> complaints_of(const CheckContext& context, const SourceRecord& record) {
  std::vector<Complaint> found;
  auto keep = [&](std::optional<Complaint> complaint) {
    if (complaint) found.push_back(std::move(*complaint));
  };
  const PaddedRecord padded = padded_record(context, record);
  if (!padded.pads.empty()) {
    keep(doubled_pads(padded));
    keep(pads_instead_of_alignment(context.index, padded));
  }
  keep(joint_lines(context, record));
  keep(idle_lines(context, record));
  return found;
}

void check_over_padded(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  ReportedOnce reported;
  for (const SourceRecord* record : laid_out_records(index))
    for (const Complaint& complaint : complaints_of(context, *record))
      if (reported.is_new(*record, complaint.key))
        findings.push_back(finding_of(index, kRule, complaint));
}

const Registration<Check> kOverPadded{{.name = kRule, .run = check_over_padded}};

}  // namespace
}  // namespace quarrel
