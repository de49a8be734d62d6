// Which alignment does the allocator not know of?
//
// malloc, and new before C++17, promise 16 bytes. A type that asks for more is then at an address
// that the compiler takes to be impossible: lines are shared in spite of the alignment, and vector
// instructions fault. The alignment of a member is that of every record which holds it.
#include <algorithm>
#include <map>

#include "checks/bound_text.h"
#include "checks/check.h"
#include "checks/complaint.h"
#include "checks/own_records.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "align-lost";
constexpr uint64_t kMallocAlignment = 16;
constexpr size_t kMaxShown = 6;

using Allocations = std::vector<const SourceAllocation*>;

bool has_own_allocator(const FactIndex& index, const SourceRecord& record) {
  const std::string own = record.name + "::operator new";
  return std::any_of(
      index.facts().functions.begin(), index.facts().functions.end(),
      [&](const SourceFunction& function) { return function.name.starts_with(own); });
}

bool is_too_weak(const SourceAllocation& allocation, const SourceRecord& record) {
  // 0: unknown; 1: an alignment was asked for, which one is not known.
  return allocation.guarantee_bytes > 1 && allocation.guarantee_bytes < record.align_bytes &&
         !has_slack(allocation.size_text);
}

/// The member whose alignment the record took over, innermost: "server", "server.lock"; or "".
std::string aligned_member(const FactIndex& index, const SourceRecord& record, int depth = 0) {
  constexpr int kMaxDepth = 8;
  if (record.alignas_bytes > 0 || depth > kMaxDepth) return "";
  for (const SourceField& field : record.fields) {
    if (field.alignas_bytes > kMallocAlignment) return field.name;
    const SourceRecord* type = index.record(field.type_record);
    if (type == nullptr || type->align_bytes != record.align_bytes || type == &record) continue;
    const std::string inner = aligned_member(index, *type, depth + 1);
    return inner.empty() || field.name.empty() ? field.name + inner : field.name + "." + inner;
  }
  return "";
}

std::string source_of_alignment(const FactIndex& index, const SourceRecord& record) {
  const std::string member = aligned_member(index, record);
  return member.empty() ? "" : " (of its member " + member + ")";
}

void add_places(const FactIndex& index, const SourceRecord& record, const Allocations& weak,
                Complaint& complaint) {
  for (size_t i = 0; i < weak.size() && i < kMaxShown; ++i) {
    complaint.locations.push_back(
        index.locate(weak[i]->position, "allocation",
                     weak[i]->allocator + " promises " + bytes_text(weak[i]->guarantee_bytes) +
                         ", " + record.name + " asks for " + std::to_string(record.align_bytes)));
    complaint.locations.back().function = index.function_name(weak[i]->function);
  }
}

Complaint complaint_of(const FactIndex& index, const SourceRecord& record,
                       const Allocations& weak) {
  const SourceAllocation& first = *weak.front();
  Complaint complaint = complaint_about(record);
  for (const SourceField& field : record.fields)
    if (!field.name.empty())
      complaint.fields.push_back(
          {.name = field.name, .offset = field.offset_bits / 8, .size = field.size_bits / 8});
  complaint.message = record.name + " is aligned to " + std::to_string(record.align_bytes) +
                      " bytes" + source_of_alignment(index, record) + ", but " + first.allocator +
                      " in " + short_function_name(index, first.function) + " promises only " +
                      std::to_string(first.guarantee_bytes);
  complaint.reason =
      "the compiler trusts the alignment: lines are shared that should not be, and "
      "instructions that need aligned addresses fault";
  complaint.level = Level::kWarning;
  complaint.weight = 60;
  complaint.verdict = Verdict::kFix;
  add_places(index, record, weak, complaint);
  Advice aligned{.remedy = "pad"};
  aligned.summary =
      "allocate it aligned: aligned_alloc or posix_memalign, in C++ operator new of "
      "C++17 or an operator new of its own";
  aligned.memory_bytes = record.align_bytes - kMallocAlignment;
  Advice refused{.remedy = "pad"};
  refused.refused_because =
      "padding by hand instead of the alignment keeps the members apart, but "
      "not the object from its neighbours";
  complaint.advice = {aligned, refused};
  return complaint;
}

void check_align_lost(const FactIndex& index, std::vector<Finding>& findings) {
  std::map<SymbolId, Allocations> by_record;
  for (const SourceAllocation& allocation : index.facts().allocations)
    if (!index.is_system(allocation.position.file) &&
        !index.is_suppressed(kRule, allocation.position))
      by_record[allocation.record].push_back(&allocation);
  ReportedOnce reported;
  for (const SourceRecord* record : laid_out_records(index)) {
    if (record->align_bytes <= kMallocAlignment) continue;
    Allocations& weak = by_record[record->symbol];
    std::erase_if(weak, [&](const SourceAllocation* each) { return !is_too_weak(*each, *record); });
    if (weak.empty() || has_own_allocator(index, *record) || !reported.is_new(*record)) continue;
    findings.push_back(finding_of(index, kRule, complaint_of(index, *record, weak)));
  }
}

const Registration<Check> kAlignLost{{.name = kRule, .run = check_align_lost}};

}  // namespace
}  // namespace quarrel
