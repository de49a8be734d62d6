// What became worse between two revisions, and through what change?
#include "since/regression.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>

namespace quarrel {
namespace {

const SourceRecord* find_record(const SourceFacts& facts, const std::string& name) {
  for (const SourceRecord& record : facts.records)
    if (record.name == name && record.has_layout) return &record;
  return nullptr;
}

const SourceField* find_field(const SourceRecord& record, const std::string& name) {
  for (const SourceField& field : record.fields)
    if (field.name == name) return &field;
  return nullptr;
}

/// Does the record say the same in both revisions, whatever its members became elsewhere?
bool is_declared_alike(const SourceRecord& old, const SourceRecord& now) {
  if (old.fields.size() != now.fields.size() || old.alignas_text != now.alignas_text) return false;
  for (size_t i = 0; i < old.fields.size(); ++i) {
    const SourceField& a = old.fields[i];
    const SourceField& b = now.fields[i];
    if (a.name != b.name || a.type != b.type || a.bound_text != b.bound_text ||
        a.alignas_text != b.alignas_text)
      return false;
  }
  return true;
}

std::string what_moved(const SourceRecord& old, const SourceRecord& now) {
  for (const SourceField& field : now.fields) {
    const SourceField* before = find_field(old, field.name);
    if (before == nullptr || before->size_bits == field.size_bits) continue;
    return fmt::format("its member {} ({}) went from {} to {} bytes elsewhere", field.name,
                       field.type, before->size_bits / 8, field.size_bits / 8);
  }
  for (const SourceField& field : now.fields) {
    const SourceField* before = find_field(old, field.name);
    if (before != nullptr && before->offset_bits != field.offset_bits)
      return fmt::format("its member {} moved from byte {} to {} through a base class or an option",
                         field.name, before->offset_bits / 8, field.offset_bits / 8);
  }
  return {};
}

/// Functions of the finding that did not reach its members in the old revision.
std::string new_accesses(const Finding& finding, const SourceFacts& old) {
  std::set<std::string> known;
  for (const SourceFunction& function : old.functions) known.insert(function.name);
  for (const FindingLocation& location : finding.locations)
    if (!location.function.empty() && !known.contains(location.function))
      return fmt::format("{} is new", location.function);
  return "what reads and writes it changed";
}

std::string explain(const Finding& finding, const ScannedRevision& old,
                    const ScannedRevision& now) {
  const SourceRecord* after = find_record(now.facts, finding.subject.type);
  if (after == nullptr) after = find_record(now.facts, finding.subject.name);
  if (after == nullptr) return new_accesses(finding, old.facts);
  const SourceRecord* before = find_record(old.facts, after->name);
  if (before == nullptr) return fmt::format("{} is new", after->name);
  if (!is_declared_alike(*before, *after)) return fmt::format("{} was edited", after->name);
  const std::string moved = what_moved(*before, *after);
  return fmt::format("{} itself was not edited; {}", after->name,
                     moved.empty() ? new_accesses(finding, old.facts) : moved);
}

}  // namespace

Regressions find_regressions(const ScannedRevision& old, const ScannedRevision& now) {
  std::map<std::string, const Finding*> before;
  for (const Finding& finding : old.findings) before[finding.fingerprint] = &finding;
  Regressions result;
  for (const Finding& finding : now.findings) {
    auto known = before.find(finding.fingerprint);
    const bool is_worse = known == before.end() || known->second->level < finding.level;
    if (is_worse) {
      result.worse.push_back(finding);
      std::string& reason = result.worse.back().reason;
      reason = fmt::format("New since then: {}.{}{}", explain(finding, old, now),
                           reason.empty() ? "" : " ", reason);
    } else {
      ++result.unchanged;
    }
    if (known != before.end()) before.erase(known);
  }
  result.gone = before.size();
  return result;
}

}  // namespace quarrel
