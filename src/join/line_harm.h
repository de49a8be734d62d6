// Does the sharing of a line cost anything, and what would it take to tell?
#pragma once

#include <string>
#include <vector>

#include "join/peer_contrast.h"
#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

enum class HarmState : uint8_t {
  kHarmful,    ///< surely slower beside the others
  kHarmless,   ///< surely not noticeably slower
  kApart,      ///< the threads use the line, but never at the same time
  kUnsure,     ///< the interval spans both
  kSaturated,  ///< the thread does little but use the line: its share cannot rise any further
  kAlways,     ///< never without another one: there is nothing to compare with
  kTooFew,     ///< too few samples
};

/// The verdict of the samples on one line, with the sentence that says why.
struct LineHarm {
  HarmState state = HarmState::kTooFew;
  std::string reason;
};

/// `contrast` is that of the thread with the most samples, known or not.
LineHarm judge_harm(const LineProfile& line, const PeerContrast& contrast);

/// What steps cost is stronger than odds of samples: the verdict becomes that of the steps, unless
/// the odds show harm already, or neither shows anything.
LineHarm judge_steps(const StepCost& steps, LineHarm by_samples);

/// Who writes takes the line away from the others. Who loads from it has to wait for it, if others
/// write or if it is to be changed: readers take it from a writer as well (measured: 3 times
/// slower). What is only stored waits in the store buffer, unless the contrast of the thread shows
/// harm.
LineSide side_of(const LineProfile& line, const Recording& recording, ThreadId thread);

}  // namespace quarrel
