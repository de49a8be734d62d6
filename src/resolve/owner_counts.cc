// Which bytes count the owners of an object that std::shared_ptr shares?
#include "resolve/owner_counts.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "resolve/library_code.h"

namespace quarrel {
namespace {

/// From the count to the pointer that is copied, inlined functions not counted.
constexpr int kMaxFrames = 8;
/// Both counts of libstdc++, of owners and of weak pointers, in one aligned word.
constexpr uint64_t kCountBytes = 8;

constexpr std::array<std::string_view, 4> kCounters = {
    "std::_Sp_counted_base<", "std::__1::__shared_count::", "std::__1::__shared_weak_count::",
    "boost::detail::sp_counted_base::"};
constexpr std::array<std::string_view, 8> kPointers = {
    "std::shared_ptr<",      "std::weak_ptr<",      "std::__shared_ptr<", "std::__weak_ptr<",
    "std::__1::shared_ptr<", "std::__1::weak_ptr<", "boost::shared_ptr<", "boost::weak_ptr<"};

bool begins_with_any(std::string_view name, const auto& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// "std::shared_ptr<Config>" of one of its members; the implementation classes have more arguments.
std::string pointer_of(std::string_view member) {
  size_t depth = 0;
  for (size_t i = 0; i < member.size(); ++i) {
    if (member[i] == '<') ++depth;
    if (member[i] == '>' && --depth == 0) return std::string(member.substr(0, i + 1));
    if (member[i] == '(' && depth == 0) break;
  }
  return "";
}

/// What the functions from the access outwards say, until the user's own code begins.
struct CountSearch {
  bool is_count = false;
  bool is_over = false;
  std::string pointer;  ///< outermost: the one that the user's code names

  void visit(const ResolvedFrame& frame) {
    for (const CodeLocation& location : frame.locations) {
      if (is_over) return;
      is_over =
          !is_library_function(location.function) && !location.function.starts_with("boost::");
      is_count |= begins_with_any(location.function, kCounters);
      if (is_count && begins_with_any(location.function, kPointers))
        pointer = pointer_of(location.function);
    }
  }
};

}  // namespace

DataObject name_owner_count(const LineAccess& access, uint64_t address, const ResolvedFrame& code,
                            const Recording& recording, const std::vector<ResolvedFrame>& frames) {
  CountSearch search;
  search.visit(code);
  FrameId frame;
  if (!access.callers.empty() && access.callers[0].innermost.value < recording.frames.size())
    frame = recording.frames[access.callers[0].innermost.value].caller;
  for (int i = 0; i < kMaxFrames && !search.is_over && frame.value < frames.size(); ++i) {
    search.visit(frames[frame.value]);
    const FrameId caller = recording.frames[frame.value].caller;
    if (caller.value >= frame.value) break;
    frame = caller;
  }
  DataObject object;
  if (!search.is_count) return object;
  object.source = NameSource::kCode;
  object.is_owner_count = true;
  object.display = (search.pointer.empty() ? "std::shared_ptr" : search.pointer) + "::use_count";
  object.address = address & ~(kCountBytes - 1);
  object.size = kCountBytes;
  object.how = "by the functions of the library that change it";
  return object;
}

}  // namespace quarrel
