// What does the source say about a lock that the run found contended?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/profile.h"
#include "model/source_facts.h"

namespace quarrel {

/// What the regions that a lock guards touch, over all translation units.
struct GuardedState {
  size_t regions = 0;
  std::vector<std::string> fields;  ///< other than the lock itself; sorted, unique
  uint64_t largest_bytes = 0;       ///< size of the largest of them
  bool is_all_scalar = true;        ///< none of them is a record or an array
  bool calls_functions = false;     ///< some region calls out: it may guard more than is seen

  /// The invariant is one machine word: what an atomic can replace.
  bool is_one_word() const {
    return fields.size() == 1 && is_all_scalar && largest_bytes > 0 && largest_bytes <= 8 &&
           !calls_functions;
  }
};

/// Empty if there are no facts, the lock has no name, or no region of it was seen.
std::optional<GuardedState> guarded_state(const SourceFacts* facts, const LockIdentity& lock);

/// The record of that qualified name, or nullptr.
const SourceRecord* find_record(const SourceFacts* facts, const std::string& name);

}  // namespace quarrel
