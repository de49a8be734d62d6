// Is an instruction part of a loop in which a thread does nothing but wait for a lock?
#pragma once

#include <cstdint>
#include <optional>

#include "resolve/decoded_function.h"

namespace quarrel {

/// A short loop that polls one word of memory and does nothing else. Addresses are those of the
/// image.
struct PollingLoop {
  uint64_t start = 0;          ///< of the first instruction: identifies the loop
  uint64_t polled = 0;         ///< the instruction that reads the word, or tries to take it
  uint64_t behind_polled = 0;  ///< the instruction after it
  bool has_pause = false;
  bool only_tries = false;  ///< by atomic operations, without looking first
  /// Of such a loop: the register that holds what was found there, right behind `polled`.
  uint8_t result_register = kNoRegister;
  /// The function takes the polled word (or one beside it, as of ticket locks) by an atomic
  /// operation: it waits for a lock, and not for an event.
  bool is_acquired = false;
  bool is_at_pause = false;  ///< the instruction asked for is the pause or the one after it
};

/// The smallest such loop around the instruction at `index`. Called functions are not followed.
///
/// With a pause the loop may count in registers; without one it may only test the word, or try to
/// exchange it for a constant: a loop that computes what it stores, as those of lock-free counters
/// do, gets on.
std::optional<PollingLoop> spin_loop_at(const DecodedFunction& function, uint32_t index);

}  // namespace quarrel
