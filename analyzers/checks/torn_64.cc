// Which 64-bit atomic does not lie on a multiple of 8?
//
// The processor reads and writes 8 bytes at once if they are aligned. Where a packed record leaves
// an atomic off its boundary, the operation may take two lines (a split lock on x86-64, a fault on
// others), and plain loads and stores of it may be torn.
#include <algorithm>

#include "checks/check.h"
#include "checks/own_records.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "torn-64";
constexpr uint64_t kWordBytes = 8;

bool is_used_atomically(const std::vector<const AccessSite*>& sites) {
  return std::any_of(sites.begin(), sites.end(),
                     [](const AccessSite* site) { return is_atomic_form(site->form); });
}

bool is_under_aligned(const SourceRecord& record, const SourceField& field) {
  return field.offset_bits / 8 % kWordBytes != 0 || record.align_bytes < kWordBytes;
}

bool crosses_line(const SourceField& field) {
  const uint64_t offset = field.offset_bits / 8;
  return offset / kLineBytes != (offset + kWordBytes - 1) / kLineBytes;
}

Complaint complaint_of(const SourceRecord& record, const SourceField& field) {
  const uint64_t offset = field.offset_bits / 8;
  Complaint complaint = complaint_about(record);
  complaint.fields = {{.name = field.name, .offset = offset, .size = kWordBytes}};
  complaint.position = field.position;
  complaint.declared = field.name + " is declared here";
  complaint.message = field.name + " of " + record.name + " is used atomically at offset " +
                      std::to_string(offset) + " of a record with alignment " +
                      std::to_string(record.align_bytes) + ": its 8 bytes are not aligned";
  complaint.reason = crosses_line(field)
                         ? "it lies across two cache lines: each update locks the bus"
                         : "whether it lies across two cache lines depends on the address";
  complaint.level = crosses_line(field) ? Level::kWarning : Level::kNote;
  complaint.weight = 80;
  complaint.verdict = Verdict::kFix;
  complaint.advice = {{.remedy = "reorder",
                       .summary = "alignas(8) on the member, or move it to the front of the packed "
                                  "record and align that",
                       .memory_bytes = kWordBytes - std::max<uint64_t>(offset % kWordBytes, 1)}};
  return complaint;
}

void check_torn_64(const FactIndex& index, std::vector<Finding>& findings) {
  ReportedOnce reported;
  for (const SourceRecord* record : laid_out_records(index))
    for (const SourceField& field : record->fields) {
      if (field.size_bits != kWordBytes * 8 || field.is_bit_field) continue;
      if (field.array_length > 1) continue;  // of smaller elements
      if (!is_under_aligned(*record, field)) continue;
      const auto sites = index.accesses_to_field(*record, field);
      if (!field.is_atomic && !is_used_atomically(sites)) continue;
      if (!reported.is_new(*record, field.name)) continue;
      findings.push_back(finding_of(index, kRule, complaint_of(*record, field)));
      for (const AccessSite* site : sites)
        if (is_atomic_form(site->form) && findings.back().locations.size() < 4)
          findings.back().locations.push_back(
              index.locate(*site, is_write(site->access) ? "writer" : "reader",
                           "used atomically in " + short_function_name(index, site->function)));
    }
}

const Registration<Check> kTorn64{{.name = kRule, .run = check_torn_64}};

}  // namespace
}  // namespace quarrel
