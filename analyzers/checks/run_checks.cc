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

/// What instantiations of one template have in common.
std::string source_key(const Finding& finding) {
  std::string key = finding.rule + "\n" + without_arguments(finding.subject.name);
  for (const SubjectField& field : finding.subject.fields)
    key += "\n" + without_arguments(field.name);
  for (const FindingLocation& location : finding.locations)
    if (location.role == "field") return key + "\n" + location.file + std::to_string(location.line);
  return key;
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
  return findings;
}

}  // namespace quarrel
