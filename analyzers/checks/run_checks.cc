// Which findings do the facts yield, once suppressions are honoured?
#include <algorithm>
#include <set>
#include <tuple>

#include "checks/check.h"
#include "checks/fact_index.h"

namespace quarrel {
namespace {

/// A finding is silenced where one of its members is declared. Suppressions at single accesses are
/// the business of the check, which may still have others to report.
bool is_suppressed(const FactIndex& index, const Finding& finding) {
  return std::any_of(finding.locations.begin(), finding.locations.end(),
                     [&](const FindingLocation& location) {
                       return location.role == "field" &&
                              index.is_suppressed(finding.rule, location.file, location.line);
                     });
}

auto order_of(const Finding& finding) {
  const bool has_place = !finding.locations.empty();
  return std::tuple(-static_cast<int>(finding.level),
                    has_place ? std::string_view(finding.locations.front().file) : "",
                    has_place ? finding.locations.front().line : 0,
                    std::string_view(finding.fingerprint));
}

/// "ns::Queue<int>::Cell" -> "ns::Queue::Cell".
std::string without_arguments(std::string_view name) {
  std::string bare;
  int depth = 0;
  for (const char letter : name) {
    if (letter == '<') ++depth;
    if (depth == 0) bare += letter;
    if (letter == '>' && depth > 0) --depth;
  }
  return bare;
}

/// What instantiations of one template, and records that inherit the same members, have in common.
std::string source_key(const Finding& finding) {
  std::string key = finding.rule;
  if (finding.subject.fields.empty()) key += "\n" + without_arguments(finding.subject.name);
  for (const SubjectField& field : finding.subject.fields)
    key += "\n" + without_arguments(field.name);
  for (const FindingLocation& location : finding.locations)
    if (location.role == "field") return key + "\n" + location.file + std::to_string(location.line);
  return key;
}

/// In how many members of members do all its fields lie?
int common_depth(const Finding& finding) {
  const auto& fields = finding.subject.fields;
  if (fields.empty()) return 0;
  int depth = 0;
  for (size_t end = 0; (end = fields.front().name.find('.', end)) != std::string::npos; ++end) {
    const std::string prefix = fields.front().name.substr(0, end + 1);
    const bool is_common = std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
      return field.name.starts_with(prefix);
    });
    if (!is_common) break;
    ++depth;
  }
  return depth;
}

std::string_view file_of(const Finding& finding) {
  return finding.locations.empty() ? std::string_view() : finding.locations.front().file;
}

/// How many fields of `outer`, without their first `skipped` components, `inner` names as well.
size_t fields_in_common(const Finding& outer, int skipped, const Finding& inner) {
  const auto& fields = outer.subject.fields;
  return static_cast<size_t>(
      std::count_if(fields.begin(), fields.end(), [&](const SubjectField& field) {
        std::string_view name = field.name;
        for (int i = 0; i < skipped; ++i) name.remove_prefix(name.find('.') + 1);
        return std::any_of(inner.subject.fields.begin(), inner.subject.fields.end(),
                           [&](const SubjectField& own) { return own.name == name; });
      }));
}

/// Does `inner`, about a record that that of `outer` contains or derives from, say nearly as much?
bool is_said_by(const Finding& outer, const Finding& inner) {
  if (&outer == &inner || outer.rule != inner.rule || file_of(outer) != file_of(inner))
    return false;
  const size_t count = outer.subject.fields.size();
  for (int skipped = common_depth(outer); skipped > 0; --skipped)
    if (2 * fields_in_common(outer, skipped, inner) >= count) return true;
  if (count == 0 || outer.locations.empty() || inner.locations.empty()) return false;
  return outer.locations.front().line == inner.locations.front().line &&
         fields_in_common(outer, 0, inner) == count && inner.subject.fields.size() > count;
}

/// What is wrong within a record is said of it, not again of each record that contains it.
void drop_of_related_records(std::vector<Finding>& findings) {
  std::vector<bool> is_repeated(findings.size());
  for (size_t i = 0; i < findings.size(); ++i)
    is_repeated[i] = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
      return is_said_by(findings[i], other);
    });
  size_t i = 0;
  std::erase_if(findings, [&](const Finding&) { return is_repeated[i++]; });
}

/// One header in several configurations may yield the same finding twice, and so may two
/// instantiations of a template.
void drop_repeated(std::vector<Finding>& findings) {
  std::set<std::string> known;
  std::erase_if(findings, [&](const Finding& finding) {
    const bool is_new = known.insert(finding.fingerprint).second;
    return !known.insert(source_key(finding)).second || !is_new;
  });
}

}  // namespace

bool are_of_binary(const SourceFacts& facts) {
  return !facts.units.empty() &&
         std::all_of(facts.units.begin(), facts.units.end(),
                     [](const TranslationUnit& unit) { return unit.standard == kFromDebugInfo; });
}

std::vector<Finding> run_checks(const SourceFacts& facts, const std::vector<std::string>& only) {
  const FactIndex index(facts);
  std::vector<Finding> findings;
  const bool has_types_only = are_of_binary(facts);
  for (const Check& check : CheckRegistry::all()) {
    if (has_types_only && !check.needs_types_only) continue;
    const bool is_wanted =
        only.empty() || std::find(only.begin(), only.end(), check.name) != only.end();
    if (is_wanted) check.run(index, findings);
  }
  std::erase_if(findings, [&](const Finding& finding) { return is_suppressed(index, finding); });
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return order_of(a) < order_of(b); });
  drop_repeated(findings);
  drop_of_related_records(findings);
  return findings;
}

}  // namespace quarrel
