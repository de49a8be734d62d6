// What did a collector see, and what became of each thing that it saw?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quarrel {

enum class CollectorState : uint8_t { kOn, kDegraded, kOff };

/// One reason for which events were lost, e.g. {"ring buffer full", 12}.
struct Loss {
  std::string reason;
  uint64_t count = 0;

  bool operator==(const Loss&) const = default;
};

/// The account of one collector or one stage. The law `seen == attributed + unresolved + lost`
/// is checked at run time (coverage_holds) and printed in every output format.
struct Coverage {
  std::string collector;  ///< "lock_waits", "wait_stacks", "line_samples", "scan", ...
  std::string unit;       ///< what is counted: "blocking waits", "stacks", "samples"
  CollectorState state = CollectorState::kOff;
  std::string reason;  ///< why it is off or degraded, with the narrowest fix
  uint64_t seen = 0;
  uint64_t attributed = 0;   ///< ended up in the result under its lock, stack or line
  uint64_t unresolved = 0;   ///< seen whole, but not attributable (no CFI, no address)
  std::vector<Loss> lost;    ///< seen but not recorded, by reason
  uint64_t own_cost_ns = 0;  ///< CPU time of the collector itself, where measured

  bool operator==(const Coverage&) const = default;
};

inline uint64_t lost_total(const Coverage& coverage) {
  uint64_t total = 0;
  for (const Loss& loss : coverage.lost) total += loss.count;
  return total;
}

/// The coverage law.
inline bool coverage_holds(const Coverage& coverage) {
  return coverage.seen == coverage.attributed + coverage.unresolved + lost_total(coverage);
}

}  // namespace quarrel
