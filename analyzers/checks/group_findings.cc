// How does a check look at every record and every file's globals once?
#include "checks/group_findings.h"

#include <set>

namespace quarrel {
namespace {

using FindingKey = std::pair<SymbolId, std::string>;  // template or record, fields

std::string field_list(const Finding& finding) {
  std::string names;
  for (const SubjectField& field : finding.subject.fields) names += field.name + " ";
  return names;
}

void check_record(const CheckContext& context, GroupCheck check, const SourceRecord& record,
                  std::set<FindingKey>& known, std::vector<Finding>& findings) {
  std::vector<Finding> found;
  check(context, members_of_record(context, record), found);
  const SymbolId source = record.pattern.is_valid() ? record.pattern : record.symbol;
  for (Finding& finding : found)
    if (known.insert({source, field_list(finding)}).second) findings.push_back(std::move(finding));
}

}  // namespace

bool is_own_record(const SourceRecord& record) {
  return record.has_layout && !record.is_in_system_header && !record.is_lambda && !record.is_union;
}

void check_groups(const FactIndex& index, GroupCheck check, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  std::set<FindingKey> known;
  for (const SourceRecord& record : index.facts().records)
    if (is_own_record(record)) check_record(context, check, record, known, findings);
  for (const MemberGroup& group : members_of_files(context)) check(context, group, findings);
}

}  // namespace quarrel
