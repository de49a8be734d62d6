// What are the names of the code, the locks and the data of a recording?
#include "resolve/resolve.h"

#include <algorithm>
#include <tuple>

#include "resolve/address_names.h"
#include "resolve/call_targets.h"
#include "resolve/generated_names.h"
#include "resolve/goroutine_waits.h"
#include "resolve/held_locks.h"
#include "resolve/library_code.h"
#include "resolve/line_attribution.h"
#include "resolve/lock_identity.h"
#include "resolve/memory_lines.h"
#include "resolve/owner_counts.h"
#include "resolve/proxied_locks.h"
#include "resolve/spin_samples.h"

namespace quarrel {
namespace {

/// The rest is not listed by name anywhere.
constexpr size_t kMaxNamedMemoryLines = 1000;

Wanted wanted_of(const Profile& profile) {
  Wanted wanted;
  wanted.data = lock_words(profile.recording);
  for (const LockHold& hold : profile.recording.lock_holds) wanted.data.push_back(hold.address);
  for (const SpinLock& lock : profile.spin_locks) wanted.data.push_back(lock.address);
  for (const LineProfile& line : profile.lines) {
    for (const LineAccess& access : line.accesses) {
      wanted.data.push_back(line.address + access.offset);
      wanted.instructions.push_back(access.instruction);
    }
  }
  for (size_t i = 0; i < std::min(profile.memory_lines.size(), kMaxNamedMemoryLines); ++i)
    wanted.data.push_back(profile.memory_lines[i].hottest_address);
  for (auto* list : {&wanted.data, &wanted.instructions}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return wanted;
}

bool is_named(const DataObject& object) {
  return object.source != NameSource::kUnknown;
}

/// Library code that is called, not inlined, has no user code of its own: its callers have.
void name_access(LineAccess& access, const Recording& recording, const FoundNames& names) {
  const auto code = names.instructions.find(access.instruction);
  if (code == names.instructions.end()) return;
  access.location = user_location(code->second);
  const bool is_library =
      is_system_module(recording, code->second.module) || is_library_file(access.location.file);
  for (AccessCaller& caller : access.callers) {
    const CodeLocation* user =
        is_library ? first_user_code(recording, names.frames, caller.innermost) : nullptr;
    caller.user = user != nullptr ? *user : access.location;
  }
}

DataObject object_of(const LineAccess& access, uint64_t address, const Recording& recording,
                     const FoundNames& names) {
  const auto object = names.data.find(address);
  if (object != names.data.end() && is_named(object->second)) return object->second;
  const auto code = names.instructions.find(access.instruction);
  if (code == names.instructions.end()) return {};
  return name_owner_count(access, address, code->second, recording, names.frames);
}

void name_line(LineProfile& line, const Recording& recording, const FoundNames& names) {
  for (LineAccess& access : line.accesses) {
    name_access(access, recording, names);
    DataObject object = object_of(access, line.address + access.offset, recording, names);
    if (is_named(object)) line.objects.push_back(std::move(object));
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
  add_goroutine_waits(profile.recording);
  profile.coverage = profile.recording.coverage;
  Coverage attribution;
  Coverage spinning;
  profile.spin_locks = find_spin_locks(profile.recording, options.sysroot, spinning);
  profile.lines = attribute_lines(profile.recording, profile.spin_locks, attribution);
  const bool has_memory_samples = !profile.recording.memory_samples.empty();
  Coverage memory;
  if (has_memory_samples) {
    profile.memory_lines = memory_lines(profile.recording);
    add_memory_lines(profile.recording, options.sysroot, profile.lines, memory);
  }

  Wanted wanted = wanted_of(profile);
  FoundNames names = find_names(profile.recording, wanted, options);
  if (!names.is_cut_short) name_called_code(profile.recording, options.sysroot, names.frames);
  name_generated_code(profile.recording, names.frames);
  for (LineProfile& line : profile.lines) name_line(line, profile.recording, names);
  for (MemoryLine& line : profile.memory_lines)
    if (auto object = names.data.find(line.hottest_address); object != names.data.end())
      line.object = object->second;
  redirect_proxied_waits(profile.recording, names, options);
  for (SpinLock& lock : profile.spin_locks)
    if (auto object = names.data.find(lock.address); object != names.data.end())
      lock.object = as_lock(object->second);
  profile.locks = identify_locks(profile.recording, names.frames, names.data);
  profile.held_locks = name_held_locks(profile.recording, names.frames, names.data);

  if (attribution.seen > 0 || !has_memory_samples)
    profile.coverage.push_back(std::move(attribution));
  if (has_memory_samples) profile.coverage.push_back(std::move(memory));
  if (spinning.seen > 0) profile.coverage.push_back(std::move(spinning));
  profile.coverage.push_back(symbol_coverage(names));
  profile.coverage.push_back(lock_coverage(profile.locks, names));
  profile.coverage.push_back(line_coverage(profile.lines, names));
  profile.frames = std::move(names.frames);
  if (options.progress) options.progress(1.0, "");
  return profile;
}

}  // namespace quarrel
