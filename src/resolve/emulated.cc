// Which instructions does the kernel emulate at a probe, instead of single-stepping a copy?
#include "resolve/emulated.h"

#include "model/lock_probe.h"

namespace quarrel {

bool is_emulated(std::span<const uint8_t> instruction) {
  const uint8_t first = instruction[0];
  if (first == 0x90 || first == 0xeb || first == 0xe9) return true;   // nop, jmp
  if ((first & 0xf0) == 0x70 || (first & 0xf8) == 0x50) return true;  // jcc, push
  if (instruction.size() < 2) return false;
  if (first == 0x0f && (instruction[1] & 0xf0) == 0x80) return true;  // jcc, 32-bit distance
  return first == 0x41 && (instruction[1] & 0xf8) == 0x50;            // push r8..r15
}

uint8_t condition_of(std::span<const uint8_t> instruction, bool is_taken) {
  uint8_t code = LockProbe::kAlways;
  if ((instruction[0] & 0xf0) == 0x70) code = instruction[0] & 0xf;
  if (instruction[0] == 0x0f && instruction.size() > 1) code = instruction[1] & 0xf;
  // The lowest bit of a condition code negates it.
  return code == LockProbe::kAlways || is_taken ? code : code ^ 1;
}

}  // namespace quarrel
