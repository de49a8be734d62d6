// Which code is the user's own, and which belongs to the C and C++ libraries?
#include "resolve/library_code.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "model/runtime_code.h"

namespace quarrel {
bool is_library_file(std::string_view file) {
  return file.starts_with("/usr/include/") ||
         file.find("/include/c++/") != std::string_view::npos ||
         file.find("/lib/gcc/") != std::string_view::npos || is_runtime_file(file);
}

bool is_library_function(std::string_view function) {
  constexpr std::array<std::string_view, 12> kPrefixes = {
      "sync.(",      "internal/sync.(", "runtime.", "std::",
      "__gnu_cxx::", "pthread_",        "__",       "sem_",
      "lll_",        "futex_",          "clone",    "start_thread"};
  return is_runtime_function(function) ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return function.starts_with(prefix); });
}

bool is_system_module(const Recording& recording, ModuleId module) {
  if (module.value >= recording.modules.size()) return true;
  std::string_view path = recording.modules[module.value].path;
  std::string_view name = path.substr(path.rfind('/') + 1);
  constexpr std::array<std::string_view, 7> kPrefixes = {
      "libc.so", "libc-", "libpthread", "libstdc++", "libc++", "ld-linux", "[vdso]"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

const CodeLocation& user_location(const ResolvedFrame& frame) {
  for (const CodeLocation& location : frame.locations)
    if (!is_library_function(location.function) && !is_library_file(location.file)) return location;
  return frame.locations.front();
}

namespace {

bool is_user_code(const Recording& recording, const ResolvedFrame& frame) {
  const CodeLocation& location = user_location(frame);
  const bool is_of_runtime = frame.module.value < recording.modules.size() &&
                             is_runtime_module(recording.modules[frame.module.value].path);
  return !is_of_runtime && !is_system_module(recording, frame.module) &&
         !is_library_function(location.function) && !is_library_file(location.file);
}

}  // namespace

size_t depth_of_user_code(const Recording& recording, const std::vector<ResolvedFrame>& frames,
                          StackId stack) {
  if (stack.value >= recording.stacks.size()) return 0;
  FrameId frame = recording.stacks[stack.value].innermost;
  size_t depth = 0;
  for (; frame.value < frames.size(); ++depth) {
    if (is_user_code(recording, frames[frame.value])) return depth;
    const FrameId caller = recording.frames[frame.value].caller;
    if (caller.is_valid() && caller.value >= frame.value) break;
    frame = caller;
  }
  return depth;
}

const CodeLocation* first_user_code(const Recording& recording,
                                    const std::vector<ResolvedFrame>& frames, FrameId frame) {
  while (frame.value < frames.size()) {
    const ResolvedFrame& resolved = frames[frame.value];
    if (is_user_code(recording, resolved)) return &user_location(resolved);
    FrameId caller = recording.frames[frame.value].caller;
    if (caller.is_valid() && caller.value >= frame.value) return nullptr;
    frame = caller;
  }
  return nullptr;
}

}  // namespace quarrel
