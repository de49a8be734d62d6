// What does a collector bring home of one thread at one moment?
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace quarrel {

/// x86-64 general registers in DWARF numbering, then rip: rax rdx rcx rbx rsi rdi rbp rsp r8..r15
/// rip (System V psABI, figure 3.36).
enum DwarfRegister : uint8_t {
  kRax,
  kRdx,
  kRcx,
  kRbx,
  kRsi,
  kRdi,
  kRbp,
  kRsp,
  kR8,
  kR9,
  kR10,
  kR11,
  kR12,
  kR13,
  kR14,
  kR15,
  kRip,
  kRegisterCount
};
using Registers = std::array<uint64_t, kRegisterCount>;

/// User registers and the bytes of the stack around the stack pointer, copied while the thread
/// stood still (in a syscall exit or under a timer tick). Untrusted: the target wrote it.
struct Capture {
  int32_t tid = 0;
  uint64_t time_ns = 0;  ///< CLOCK_MONOTONIC
  Registers registers{};
  uint64_t stack_start = 0;  ///< address of bytes[0]; below rsp by the red zone
  std::vector<uint8_t> bytes;
  uint64_t fs_base = 0;  ///< where the thread-locals of the program end; 0: unknown

  bool operator==(const Capture&) const = default;
};

}  // namespace quarrel
