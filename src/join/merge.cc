// Which finding of a scan and which finding of a run are one and the same?
#include "join/merge.h"

#include <algorithm>
#include <string_view>

#include "join/source_names.h"

namespace quarrel {
namespace {

bool is_declaration(const FindingLocation& location) {
  return location.role == "field" || location.role == "declaration";
}

bool share_declaration(const Finding& a, const Finding& b) {
  for (const FindingLocation& left : a.locations)
    for (const FindingLocation& right : b.locations)
      if (is_declaration(left) && is_declaration(right) && left.line != 0 &&
          left.line == right.line && is_same_file(left.file, right.file))
        return true;
  return false;
}

bool share_field(const Finding& a, const Finding& b) {
  for (const SubjectField& left : a.subject.fields)
    for (const SubjectField& right : b.subject.fields)
      if (!left.name.empty() && left.name == right.name) return true;
  return false;
}

/// Debug information may lack the namespaces that the source gives.
bool is_same_record(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return false;
  if (a.size() < b.size()) std::swap(a, b);
  if (!a.ends_with(b)) return false;
  return a.size() == b.size() || a.substr(0, a.size() - b.size()).ends_with("::");
}

/// The run gives the record as type and name; checks may give it as either.
bool share_record(const Finding& a, const Finding& b) {
  return is_same_record(a.subject.type, b.subject.type) ||
         is_same_record(a.subject.name, b.subject.type);
}

bool has_location(const Finding& finding, const FindingLocation& location) {
  return std::any_of(finding.locations.begin(), finding.locations.end(),
                     [&](const FindingLocation& known) {
                       return known.role == location.role && known.line == location.line &&
                              is_same_file(known.file, location.file);
                     });
}

/// The locations of the scan come first: they have columns, and they are what CI shows.
void merge_locations(const Finding& source, Finding& run) {
  std::vector<FindingLocation> measured = std::move(run.locations);
  run.locations = source.locations;
  for (FindingLocation& location : measured)
    if (!has_location(run, location)) run.locations.push_back(std::move(location));
}

void merge_advice(const Finding& source, Finding& run) {
  // A run that clears the line also clears what the scan would have advised.
  if (run.verdict == Verdict::kLeave) return;
  for (const Advice& advice : source.advice) {
    auto same = std::find_if(run.advice.begin(), run.advice.end(), [&](const Advice& known) {
      return known.remedy == advice.remedy &&
             known.refused_because.empty() == advice.refused_because.empty();
    });
    if (same == run.advice.end())
      run.advice.push_back(advice);
    else
      *same = advice;
  }
}

void merge_one(const Finding& source, Finding& run) {
  run.fingerprint = source.fingerprint;
  run.evidence = std::max(run.evidence, source.evidence);
  merge_locations(source, run);
  merge_advice(source, run);
}

}  // namespace

bool is_same_finding(const Finding& from_source, const Finding& from_run) {
  if (from_source.rule != from_run.rule) return false;
  if (from_source.fingerprint == from_run.fingerprint) return true;
  if (share_record(from_source, from_run) && share_field(from_source, from_run)) return true;
  return share_declaration(from_source, from_run);
}

std::vector<Finding> merge_findings(const std::vector<Finding>& from_source,
                                    std::vector<Finding> from_run) {
  std::vector<bool> is_merged(from_run.size());
  std::vector<Finding> merged;
  for (const Finding& source : from_source) {
    bool is_seen = false;
    for (size_t i = 0; i < from_run.size() && !is_seen; ++i) {
      if (is_merged[i] || !is_same_finding(source, from_run[i])) continue;
      merge_one(source, from_run[i]);
      is_merged[i] = is_seen = true;
    }
    if (!is_seen) merged.push_back(source);
  }
  for (Finding& finding : from_run) merged.push_back(std::move(finding));
  return merged;
}

}  // namespace quarrel
