// Is a line slower for a thread while another thread that uses it runs at the same time?
#pragma once

#include <cstdint>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Samples of one thread, split by whether a peer was on a CPU. A line that costs nothing extra
/// takes the same share of the thread's time in both states: odds near 1. The share over-states
/// the gain of a fix, since stalls overlap with other work: evidence of harm, not its size.
struct PeerContrast {
  ThreadId thread;
  uint64_t on_hits = 0;  ///< on the line, a peer on a CPU
  uint64_t on_total = 0;
  uint64_t off_hits = 0;  ///< on the line, no peer on a CPU
  uint64_t off_total = 0;
  double odds = 0;  ///< odds ratio; 0 unless known
  double low = 0;   ///< its 95 % confidence interval
  double high = 0;
  bool is_known = false;  ///< both states have at least kMinContrastSamples samples
};

inline constexpr uint64_t kMinContrastSamples = 30;
/// Evidence of harm: the lower end of the interval is above this.
inline constexpr double kHarmfulOdds = 2;

inline bool shows_harm(const PeerContrast& contrast) {
  return contrast.is_known && contrast.low > kHarmfulOdds;
}

/// Fills in the odds ratio of the counts (Woolf's logit interval, 0.5 added to each cell:
/// Haldane 1956, Anscombe 1956).
void compute_odds(PeerContrast& contrast);

/// The contrast of one thread: peers are the threads whose accesses to the line clash with its own.
PeerContrast peer_contrast_of(const LineProfile& line, const Recording& recording, ThreadId thread);

/// The contrasts of all threads of the line, the one with the most samples on it first.
std::vector<PeerContrast> peer_contrasts(const LineProfile& line, const Recording& recording);

/// The contrast to judge the line by: of the thread with the most samples on the line for which it
/// is known. Chosen before looking at the odds, so that many threads do not make one look harmed by
/// chance. Where it is known for none, of the thread with the most samples.
PeerContrast peer_contrast(const LineProfile& line, const Recording& recording);

}  // namespace quarrel
