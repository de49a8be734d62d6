// What are the names of the code, the locks and the data of a recording?
#include "resolve/resolve.h"

#include <algorithm>
#include <tuple>

#include "resolve/address_names.h"
#include "resolve/library_code.h"
#include "resolve/line_attribution.h"
#include "resolve/lock_identity.h"
#include "resolve/proxied_locks.h"

namespace quarrel {
namespace {

Wanted wanted_of(const Recording& recording, const std::vector<LineProfile>& lines) {
  Wanted wanted;
  wanted.data = lock_words(recording);
  for (const LineProfile& line : lines) {
    for (const LineAccess& access : line.accesses) {
      wanted.data.push_back(line.address + access.offset);
      wanted.instructions.push_back(access.instruction);
    }
  }
  for (auto* list : {&wanted.data, &wanted.instructions}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return wanted;
}

bool is_named(const DataObject& object) {
  return object.source != NameSource::kUnknown;
}

void name_line(LineProfile& line, const FoundNames& names) {
  for (LineAccess& access : line.accesses) {
    if (auto code = names.instructions.find(access.instruction); code != names.instructions.end())
      access.location = user_location(code->second);
    auto object = names.data.find(line.address + access.offset);
    if (object != names.data.end() && is_named(object->second))
      line.objects.push_back(object->second);
  }
  auto order = [](const DataObject& a, const DataObject& b) {
    return std::tie(a.address, a.display) < std::tie(b.address, b.display);
  };
  auto is_same = [](const DataObject& a, const DataObject& b) {
    return a.address == b.address && a.display == b.display;
  };
  std::sort(line.objects.begin(), line.objects.end(), order);
  auto end = std::unique(line.objects.begin(), line.objects.end(), is_same);
  line.objects.erase(end, line.objects.end());
}

Coverage coverage_row(std::string name, std::string unit, uint64_t seen, uint64_t attributed,
                      const FoundNames& names) {
  Coverage row{.collector = std::move(name), .unit = std::move(unit), .state = CollectorState::kOn};
  row.seen = seen;
  row.attributed = attributed;
  row.unresolved = seen - attributed;
  if (names.is_cut_short) {
    row.state = CollectorState::kDegraded;
    row.reason = "interrupted before all names were looked up; run `quarrel report` on the file";
  } else if (!names.unusable.empty()) {
    row.state = CollectorState::kDegraded;
    row.reason = names.unusable.front();
    if (names.unusable.size() > 1)
      row.reason += " (and " + std::to_string(names.unusable.size() - 1) + " more files)";
  }
  return row;
}

Coverage symbol_coverage(const FoundNames& names) {
  uint64_t named = std::count_if(names.frames.begin(), names.frames.end(),
                                 [](const ResolvedFrame& frame) { return frame.has_symbol; });
  return coverage_row("symbols", "frames", names.frames.size(), named, names);
}

// A thread that is joined has no variable of its own, so joins are not counted.
Coverage lock_coverage(const std::vector<LockIdentity>& locks, const FoundNames& names) {
  uint64_t seen = 0;
  uint64_t named = 0;
  for (const LockIdentity& lock : locks) {
    if (lock.kind == WaitKind::kJoin) continue;
    ++seen;
    if (is_named(lock.object)) ++named;
  }
  return coverage_row("lock_names", "locks", seen, named, names);
}

Coverage line_coverage(const std::vector<LineProfile>& lines, const FoundNames& names) {
  uint64_t named = std::count_if(lines.begin(), lines.end(),
                                 [](const LineProfile& line) { return !line.objects.empty(); });
  return coverage_row("line_names", "lines", lines.size(), named, names);
}

}  // namespace

Profile resolve(Recording recording, const ResolveOptions& options) {
  Profile profile;
  profile.recording = std::move(recording);
  profile.coverage = profile.recording.coverage;
  Coverage attribution;
  profile.lines = attribute_lines(profile.recording, attribution);

  Wanted wanted = wanted_of(profile.recording, profile.lines);
  FoundNames names = find_names(profile.recording, wanted, options);
  for (LineProfile& line : profile.lines) name_line(line, names);
  redirect_proxied_waits(profile.recording, names, options);
  profile.locks = identify_locks(profile.recording, names.frames, names.data);

  profile.coverage.push_back(std::move(attribution));
  profile.coverage.push_back(symbol_coverage(names));
  profile.coverage.push_back(lock_coverage(profile.locks, names));
  profile.coverage.push_back(line_coverage(profile.lines, names));
  profile.frames = std::move(names.frames);
  if (options.progress) options.progress(1.0, "");
  return profile;
}

}  // namespace quarrel
