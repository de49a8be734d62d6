// Which instructions does the kernel emulate at a probe, instead of single-stepping a copy?
#pragma once

#include <cstdint>
#include <span>

namespace quarrel {

/// arch/x86/kernel/uprobes.c: nop, jmp, jcc, push. It emulates direct calls as well, which are left
/// out here: what they call would come between the probe and what follows.
bool is_emulated(std::span<const uint8_t> instruction);

/// The condition code under which control takes that way out of an emulated instruction
/// (LockProbe::condition).
uint8_t condition_of(std::span<const uint8_t> instruction, bool is_taken);

}  // namespace quarrel
