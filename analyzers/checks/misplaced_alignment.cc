// Which alignment stands where it does not keep the objects apart?
#include "checks/misplaced_alignment.h"

#include <algorithm>

#include "checks/own_records.h"
#include "checks/thread_words.h"

namespace quarrel {
namespace {

constexpr uint64_t kMinAlignment = 32;

Complaint typedef_complaint(const SourceTypedef& alias, const SourceRecord& record) {
  Complaint complaint = complaint_about(record);
  complaint.key = "typedef";
  complaint.weight = 45;
  complaint.position = alias.position;
  complaint.declared = alias.name + " is declared here";
  for (const SourceField& field : record.fields)
    complaint.fields.push_back(
        {.name = field.name, .offset = field.offset_bits / 8, .size = field.size_bits / 8});
  complaint.message = "the alignment of " + std::to_string(alias.align_bytes) + " on the typedef " +
                      alias.name + " leaves its size at " + bytes_text(alias.size_bytes) +
                      ": objects side by side still share cache lines";
  complaint.reason =
      "sizeof is that of the record, whose alignment is still " +
      std::to_string(record.align_bytes) +
      "; code that trusts the alignment may use instructions that fault on other addresses";
  complaint.verdict = Verdict::kFix;
  complaint.advice = {{.remedy = "pad",
                       .summary = "write the alignment into the record (struct alignas(64) ..., or "
                                  "the attribute ahead of its name), not behind the typedef name",
                       .memory_bytes = (alias.align_bytes - alias.size_bytes % alias.align_bytes) %
                                       alias.align_bytes,
                       .guard = "static_assert(sizeof(" + alias.name + ") % 64 == 0);"}};
  return complaint;
}

/// What a field or a variable says about an array.
struct AlignedArray {
  std::string name;
  uint64_t alignment = 0;
  uint64_t element_bytes = 0;
  std::string bound;
  SourcePos position;
  SymbolId symbol;
};

bool is_indexed_by_thread(const FactIndex& index, const AlignedArray& array) {
  if (names_threads(array.bound)) return true;
  const auto sites = index.accesses_to(array.symbol);
  return std::any_of(sites.begin(), sites.end(), [](const AccessSite* site) {
    return is_write(site->access) && names_threads(site->index);
  });
}

bool is_misaligned(const FactIndex& index, const AlignedArray& array) {
  return array.alignment >= kMinAlignment && array.element_bytes > 0 &&
         array.element_bytes % array.alignment != 0 && is_indexed_by_thread(index, array);
}

void describe(const AlignedArray& array, Complaint& complaint) {
  complaint.key = "array";
  complaint.weight = 35;
  complaint.position = array.position;
  complaint.declared = array.name + " is declared here";
  complaint.message = "the alignment of " + array.name +
                      " holds for the array, not for its elements of " +
                      bytes_text(array.element_bytes) + ": neighbours share cache lines";
  complaint.reason =
      "the bound or the index says that each thread has an element of its own; how "
      "often they are written only a recording can say";
  complaint.advice = {{.remedy = "pad",
                       .summary = "align the element type: struct alignas(64) Element { ... };",
                       .memory_bytes = array.alignment - array.element_bytes % array.alignment}};
}

AlignedArray array_of(const SourceField& field) {
  return {.name = field.name,
          .alignment = field.alignas_bytes,
          .element_bytes = field.size_bits / 8 / field.array_length,
          .bound = field.bound_text,
          .position = field.position,
          .symbol = field.symbol};
}

AlignedArray array_of(const SourceVariable& variable) {
  return {.name = variable.name,
          .alignment = variable.alignas_bytes,
          .element_bytes = variable.size_bytes / variable.array_length,
          .bound = variable.bound_text,
          .position = variable.position,
          .symbol = variable.symbol};
}

}  // namespace

std::vector<Complaint> typedef_alignments(const FactIndex& index) {
  std::vector<Complaint> found;
  for (const SourceTypedef& alias : index.facts().typedefs) {
    const SourceRecord* record = index.record(alias.record);
    if (record == nullptr || record->is_in_system_header) continue;
    const bool is_lost = alias.align_bytes >= kMinAlignment &&
                         alias.align_bytes > record->align_bytes && alias.size_bytes > 0 &&
                         alias.size_bytes % alias.align_bytes != 0;
    if (is_lost) found.push_back(typedef_complaint(alias, *record));
  }
  return found;
}

std::vector<Complaint> array_alignments(const FactIndex& index) {
  std::vector<Complaint> found;
  for (const SourceRecord* record : laid_out_records(index))
    for (const SourceField& field : record->fields) {
      if (field.array_length < 2) continue;
      const AlignedArray array = array_of(field);
      if (!is_misaligned(index, array)) continue;
      found.push_back(complaint_about(*record));
      found.back().fields = {
          {.name = field.name, .offset = field.offset_bits / 8, .size = field.size_bits / 8}};
      describe(array, found.back());
    }
  for (const SourceVariable& variable : index.facts().variables) {
    if (variable.array_length < 2 || index.is_system(variable.position.file)) continue;
    const AlignedArray array = array_of(variable);
    if (!is_misaligned(index, array)) continue;
    found.push_back({.type = variable.type});
    found.back().fields = {{.name = variable.name, .size = variable.size_bytes}};
    describe(array, found.back());
  }
  return found;
}

}  // namespace quarrel
