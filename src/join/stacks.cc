// Which functions and source lines does a stack of the recording stand for?
#include "join/stacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>
#include <tuple>

#include "model/runtime_code.h"

namespace quarrel {
namespace {

bool is_system_file(std::string_view file) {
  // glibc's own files carry build-tree paths ("./nptl/...", "../sysdeps/...").
  static constexpr std::array<std::string_view, 5> kPrefixes = {
      "/usr/include/", "/usr/lib/", "./nptl/", "../sysdeps/", "./nptl_db/"};
  for (std::string_view prefix : kPrefixes)
    if (file.starts_with(prefix)) return true;
  return file.find("/include/c++/") != std::string_view::npos;
}

bool is_system_module(std::string_view module) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "libc.so", "libpthread", "ld-linux", "libstdc++", "libc++", "libgcc_s", "[vdso]"};
  const std::string_view base = module.substr(module.rfind('/') + 1);
  for (std::string_view name : kNames)
    if (base.starts_with(name)) return true;
  return false;
}

/// Templates of the library are compiled into the user's program; without lines only their names
/// tell.
bool is_library_code(const FindingFrame& frame) {
  return is_system_file(frame.file) || is_system_module(frame.module) ||
         is_runtime_file(frame.file) || is_runtime_module(frame.module) ||
         is_runtime_function(frame.function) || frame.function.starts_with("std::") ||
         frame.function.starts_with("__gnu_cxx::");
}

bool same_frame(const FindingFrame& a, const FindingFrame& b) {
  return std::tie(a.function, a.file, a.line, a.module) ==
         std::tie(b.function, b.file, b.line, b.module);
}

std::string module_path(const Recording& recording, ModuleId module) {
  return module.value < recording.modules.size() ? recording.modules[module.value].path : "";
}

void append_resolved(const Profile& profile, const ResolvedFrame& resolved,
                     std::vector<FindingFrame>& frames) {
  const std::string module = module_path(profile.recording, resolved.module);
  for (const CodeLocation& place : resolved.locations) {
    FindingFrame& frame =
        frames.emplace_back(FindingFrame{place.function, place.file, place.line, module});
    frame.is_library = is_library_code(frame);
  }
}

/// From the innermost user frame outwards; the whole stack if there is none.
std::span<const FindingFrame> user_part(const std::vector<FindingFrame>& frames) {
  const auto user = std::find_if(frames.begin(), frames.end(),
                                 [](const FindingFrame& frame) { return !frame.is_library; });
  return user == frames.end() ? std::span(frames) : std::span(user, frames.end());
}

bool same_frames(std::span<const FindingFrame> a, std::span<const FindingFrame> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_frame);
}

}  // namespace

ThreadName name_thread(const Recording& recording, ThreadId thread) {
  if (thread.value >= recording.threads.size()) return {0, "unknown thread"};
  const Thread& known = recording.threads[thread.value];
  return {known.tid, known.name};
}

std::vector<FindingFrame> frames_of(const Profile& profile, FrameId innermost) {
  std::vector<FindingFrame> frames;
  FrameId at = innermost;
  while (at.value < profile.frames.size() && frames.size() < kMaxFrames) {
    append_resolved(profile, profile.frames[at.value], frames);
    if (at.value >= profile.recording.frames.size()) break;
    const FrameId caller = profile.recording.frames[at.value].caller;
    // Callers stand before callees; anything else is a damaged file and would loop.
    if (caller.value >= at.value) break;
    at = caller;
  }
  return frames;
}

const FindingFrame* user_frame(const std::vector<FindingFrame>& frames) {
  for (const FindingFrame& frame : frames)
    if (!frame.file.empty() && !frame.is_library) return &frame;
  for (const FindingFrame& frame : frames)
    if (!frame.function.empty() && !frame.is_library) return &frame;
  return frames.empty() ? nullptr : &frames.front();
}

void StackSum::add(StackId stack, uint64_t weight) {
  const std::vector<Stack>& stacks = profile_.recording.stacks;
  if (stack.value >= stacks.size()) {
    total_ += weight;
    return;
  }
  const Stack& taken = stacks[stack.value];
  add_frames(taken.innermost, taken.status == StackStatus::kComplete, weight);
}

void StackSum::add_frames(FrameId innermost, bool is_complete, uint64_t weight) {
  total_ += weight;
  rows_[row_of(innermost, is_complete)].weight += weight;
}

size_t StackSum::row_of(FrameId innermost, bool is_complete) {
  const auto [place, is_new] = row_by_frame_.try_emplace({innermost, is_complete}, rows_.size());
  if (!is_new) return place->second;
  Row row{frames_of(profile_, innermost), is_complete, 0};
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& known = rows_[i];
    if (known.is_complete == is_complete && same_frames(known.frames, row.frames))
      return place->second = i;
  }
  rows_.push_back(std::move(row));
  return place->second;
}

std::vector<FindingStack> StackSum::heaviest(size_t limit) const {
  std::vector<Group> groups = grouped_by_user_code();
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.weight > b.weight; });
  if (groups.size() > limit) groups.resize(limit);
  std::vector<FindingStack> stacks;
  const double total = std::max<double>(1, static_cast<double>(total_));
  for (const Group& group : groups)
    stacks.push_back({role_, static_cast<double>(group.weight) / total, group.heaviest->is_complete,
                      group.heaviest->frames, group.members});
  return stacks;
}

std::vector<StackSum::Group> StackSum::grouped_by_user_code() const {
  std::vector<Group> groups;
  for (const Row& row : rows_) {
    if (row.frames.empty()) continue;
    const auto own = user_part(row.frames);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& known) {
      return known.heaviest->is_complete == row.is_complete &&
             same_frames(user_part(known.heaviest->frames), own);
    });
    if (group == groups.end()) {
      groups.push_back({&row, row.weight, 1});
      continue;
    }
    group->weight += row.weight;
    ++group->members;
    if (row.weight > group->heaviest->weight) group->heaviest = &row;
  }
  return groups;
}

std::vector<FindingLocation> StackSum::source_lines(size_t limit, const std::string& what) const {
  using Place = std::tuple<std::string, uint32_t, std::string>;
  std::map<Place, uint64_t> weights;
  for (const Row& row : rows_)
    if (const FindingFrame* frame = user_frame(row.frames))
      weights[{frame->file, frame->line, frame->function}] += row.weight;
  std::vector<std::pair<Place, uint64_t>> order(weights.begin(), weights.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (order.size() > limit) order.resize(limit);
  std::vector<FindingLocation> lines;
  for (const auto& [place, weight] : order) {
    const auto& [file, line, function] = place;
    const double percent = 100.0 * static_cast<double>(weight) / std::max<double>(1, total_);
    lines.push_back(
        {file, line, 0, function, role_, fmt::format("{:.0f} % of the {}", percent, what)});
  }
  return lines;
}

}  // namespace quarrel
