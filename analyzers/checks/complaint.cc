// How does what a check found wrong with a declaration become a finding?
#include "checks/complaint.h"

#include "model/fingerprint.h"

namespace quarrel {

Finding finding_of(const FactIndex& index, std::string_view rule, const Complaint& complaint) {
  Finding finding{.rule = std::string(rule)};
  std::vector<std::string> names;
  for (const SubjectField& field : complaint.fields) names.push_back(field.name);
  const bool is_variable = complaint.record.empty();
  const std::string name = is_variable && !names.empty() ? names.front() : complaint.record;
  if (!complaint.key.empty()) names.push_back("/" + complaint.key);
  finding.fingerprint = fingerprint_of(rule, complaint.record, names);
  finding.level = complaint.level;
  finding.verdict = complaint.verdict;
  finding.message = complaint.message;
  finding.reason = complaint.reason;
  finding.weight = complaint.weight;
  finding.subject = {.kind = SubjectKind::kSource,
                     .name = name,
                     .type = is_variable ? complaint.type : complaint.record,
                     .fields = complaint.fields};
  finding.locations.push_back(index.locate(complaint.position, "field", complaint.declared));
  finding.locations.insert(finding.locations.end(), complaint.locations.begin(),
                           complaint.locations.end());
  finding.advice = complaint.advice;
  return finding;
}

Complaint complaint_about(const SourceRecord& record) {
  return {.record = record.name,
          .position = record.position,
          .declared = record.name + " is declared here"};
}

SubjectField subject_field(const LineField& place) {
  return {.name = place.path, .offset = place.bytes.begin, .size = place.bytes.size};
}

std::vector<SubjectField> subject_fields(const std::vector<LineField>& places) {
  std::vector<SubjectField> fields;
  for (const LineField& place : places) fields.push_back(subject_field(place));
  return fields;
}

std::string bytes_text(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

}  // namespace quarrel
