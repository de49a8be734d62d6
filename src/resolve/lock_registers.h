// In which registers and stack slots does a function keep the address of the lock it was given?
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolve/control_flow.h"

namespace quarrel {

/// Where the lock's address surely is before an instruction.
struct LockPlaces {
  uint32_t registers = 0;                    ///< set: bit 1 << DwarfRegister
  std::optional<int64_t> stack_pointer = 0;  ///< rsp, counted from its value at the entry
  std::vector<int64_t> slots;                ///< of the stack, counted likewise; sorted

  bool operator==(const LockPlaces&) const = default;
};

/// One entry for each instruction of a function that is given the lock as its first argument;
/// nullopt: no path from the first instruction leads there.
std::vector<std::optional<LockPlaces>> find_lock_places(const ControlFlow& flow);

/// A register that holds the lock's address there, if any.
std::optional<uint8_t> lock_register(const LockPlaces& places);

}  // namespace quarrel
