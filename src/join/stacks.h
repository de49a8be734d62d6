// Which functions and source lines does a stack of the recording stand for?
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// The tid and name of a thread; tid 0 and "unknown thread" for an id that names none.
struct ThreadName {
  int32_t tid = 0;
  std::string name;
};
ThreadName name_thread(const Recording& recording, ThreadId thread);

/// The frames of a stack with inlined functions, innermost first. At most kMaxFrames.
std::vector<FindingFrame> frames_of(const Profile& profile, FrameId innermost);
inline constexpr size_t kMaxFrames = 256;

/// The innermost frame of the user's own code: neither the C or C++ library nor a system header.
/// Falls back to the innermost frame with a name; nullptr for an empty stack.
const FindingFrame* user_frame(const std::vector<FindingFrame>& frames);

/// Sums weights per distinct chain of functions and lines. Stacks that differ only in addresses
/// become one row. Rows that differ only below the innermost user frame (each depth of a recursion
/// in std::sort is a row) come out together, heaviest first, with their share of the total.
class StackSum {
 public:
  StackSum(const Profile& profile, std::string role) : profile_(profile), role_(std::move(role)) {}

  /// A stack that was not taken still counts in the total.
  void add(StackId stack, uint64_t weight);
  void add_frames(FrameId innermost, bool is_complete, uint64_t weight);

  /// At most `limit` stacks; their shares are of the total, also of what is not returned.
  std::vector<FindingStack> heaviest(size_t limit) const;

  /// The user's source lines by weight; `what` completes "62 % of the <what>".
  std::vector<FindingLocation> source_lines(size_t limit, const std::string& what) const;

  uint64_t total() const { return total_; }

 private:
  struct Row {
    std::vector<FindingFrame> frames;
    bool is_complete = false;
    uint64_t weight = 0;
  };
  struct Group {
    const Row* heaviest = nullptr;
    uint64_t weight = 0;
    uint64_t members = 0;
  };
  std::vector<Group> grouped_by_user_code() const;
  size_t row_of(FrameId innermost, bool is_complete);

  const Profile& profile_;
  std::string role_;
  std::vector<Row> rows_;
  std::map<std::pair<FrameId, bool>, size_t> row_by_frame_;
  uint64_t total_ = 0;
};

}  // namespace quarrel
