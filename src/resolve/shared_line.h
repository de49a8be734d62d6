// Is what was seen of one cache line enough to call it shared?
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Accesses that differ in any of this are listed apart.
struct AccessKey {
  ThreadId thread;
  uint32_t offset = 0;
  AccessKind kind = AccessKind::kRead;
  uint64_t instruction = 0;
  uint32_t size = 0;
  bool is_locked = false;

  auto operator<=>(const AccessKey&) const = default;
};

/// Samples of an access that came from one caller of its function.
struct CallerTally {
  FrameId innermost;             ///< of the sample nearest to the access
  uint8_t distance = UINT8_MAX;  ///< of that sample
  uint64_t samples = 0;
};

struct AccessTally {
  std::vector<uint32_t> charged;  ///< indices into Recording::line_samples, ascending
  uint64_t touches = 0;
  uint64_t hits = 0;                       ///< of a hardware watchpoint
  uint64_t certain = 0;                    ///< of all, those known to have been executed
  std::map<FrameId, CallerTally> callers;  ///< by the frame that called
};

/// A thread was seen on the line.
struct LineHit {
  uint64_t time_ns = 0;
  ThreadId thread;
};

/// Everything that was seen of one line.
struct LineTally {
  std::map<AccessKey, AccessTally> accesses;
  std::vector<LineHit> hits;
};

/// A line is shown if its samples are at least this share of all, and at least this many: fewer
/// were needed by no case of a dozen measured programs, and more noise passes below.
inline constexpr double kMinLineShare = 0.01;
inline constexpr uint64_t kMinLineSamples = 8;

/// The profile of a line that two threads or more touched, one of them writing; nullopt where
/// there is too little evidence. Offsets and threads that were hardly seen are left out.
std::optional<LineProfile> judge_line(uint64_t address, const LineTally& tally,
                                      const Recording& recording);

}  // namespace quarrel
