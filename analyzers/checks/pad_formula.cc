// Which padding is computed wrongly?
//
// `L - sizeof(T) % L` is a whole line too much wherever the size is a multiple already: found where
// the size depends on a template argument, or is such a multiple now. `calloc(n, sizeof(T) + L)`
// adds the room for aligning the block to each of its elements.
#include "checks/bound_text.h"
#include "checks/check.h"
#include "checks/complaint.h"
#include "checks/own_records.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "pad-formula";

/// Is the padding a whole line too much now, or with the next template argument?
bool is_wrong(const SourceRecord& record, const SourceField& field) {
  if (!is_missing_modulo(field.bound_text)) return false;
  const bool is_size_known = record.has_layout && !record.pattern.is_valid();
  // Aligned sizes are multiples of 8: padding of a whole line is that of a size that needed none.
  return !is_size_known || field.size_bits / 8 >= kLineBytes;
}

Complaint formula_complaint(const SourceRecord& record, const SourceField& field) {
  Complaint complaint = complaint_about(record);
  complaint.fields = {
      {.name = field.name, .offset = field.offset_bits / 8, .size = field.size_bits / 8}};
  complaint.position = field.position;
  complaint.declared = field.name + " is declared here";
  complaint.message = field.name + "[" + field.bound_text + "] of " + record.name +
                      " is a whole line where the size is a multiple of the line already";
  complaint.reason =
      "the remainder is 0 there, and line - 0 is a line: the formula lacks an "
      "outer remainder";
  complaint.verdict = Verdict::kFix;
  complaint.level =
      record.has_layout && !record.pattern.is_valid() ? Level::kWarning : Level::kNote;
  complaint.advice = {{.remedy = "pad",
                       .summary = "align the type (alignas) and drop the padding; or write (L - "
                                  "sizeof(T) % L) % L where an array may have no elements",
                       .memory_bytes = 0}};
  return complaint;
}

void check_formulas(const FactIndex& index, std::vector<Finding>& findings) {
  ReportedOnce reported;
  auto report = [&](const SourceRecord& record) {
    for (const SourceField& field : record.fields)
      if (is_wrong(record, field) && reported.is_new(record, field.name))
        findings.push_back(finding_of(index, kRule, formula_complaint(record, field)));
  };
  for (const SourceRecord* record : laid_out_records(index)) report(*record);
  for (const SourceRecord* record : dependent_records(index)) report(*record);
}

/// Are there several elements, as far as the spelling shows?
bool is_count(std::string_view text) {
  const std::string bare = bare_expression(text);
  return !bare.empty() && bare != "1" && bare != "1u" && bare != "1UL";
}

Complaint block_complaint(const FactIndex& index, const SourceAllocation& allocation) {
  const SourceRecord* record = index.record(allocation.record);
  Complaint complaint;
  if (record != nullptr) complaint.record = record->name;
  complaint.key = "block";
  complaint.weight = 60;
  complaint.position = allocation.position;
  complaint.declared = "allocated here, in " + short_function_name(index, allocation.function);
  complaint.message = allocation.allocator + "(" + allocation.count_text + ", " +
                      allocation.size_text + ") adds the room to align the block to each of its " +
                      "elements" + (record == nullptr ? "" : " of type " + record->name);
  complaint.reason = "the number of elements multiplies the addition, and elements that are " +
                     std::string("further apart than their size are found at the wrong places");
  complaint.level = Level::kWarning;
  complaint.verdict = Verdict::kFix;
  complaint.advice = {{.remedy = "shorten",
                       .summary = allocation.allocator + "(1, (" + allocation.count_text +
                                  ") * size + alignment), or an aligned allocation of the array",
                       .memory_bytes = 0}};
  return complaint;
}

void check_blocks(const FactIndex& index, std::vector<Finding>& findings) {
  for (const SourceAllocation& allocation : index.facts().allocations) {
    if (!is_count(allocation.count_text) || !is_padded_element(allocation.size_text)) continue;
    if (index.is_system(allocation.position.file)) continue;
    findings.push_back(finding_of(index, kRule, block_complaint(index, allocation)));
    findings.back().locations.front().function = index.function_name(allocation.function);
  }
}

void check_pad_formula(const FactIndex& index, std::vector<Finding>& findings) {
  check_formulas(index, findings);
  check_blocks(index, findings);
}

const Registration<Check> kPadFormula{{.name = kRule, .run = check_pad_formula}};

}  // namespace
}  // namespace quarrel
