// How do the addresses of several processes stand in one recording?
//
// A recording has one address space. Where an imported file holds several processes, the addresses
// of each but the first are moved up by its number times 2^48: user addresses of x86-64 and the
// usual ones of aarch64 end below that. Kernel addresses have bit 63 set and stay. Memory that
// processes share has the address that the first of them knows it by.
#pragma once

#include <cstdint>

namespace quarrel {

inline constexpr unsigned kSpaceShift = 48;
inline constexpr uint64_t kSpaceBytes = uint64_t{1} << kSpaceShift;
inline constexpr uint64_t kMaxSpaces = uint64_t{1} << 15;
inline constexpr uint64_t kKernelStart = uint64_t{1} << 63;

/// Where the address of a process stands in the recording.
constexpr uint64_t in_space(uint64_t address, uint64_t space) {
  return address + (space << kSpaceShift);
}

/// The address as the process itself knows it.
constexpr uint64_t own_address(uint64_t address) {
  return address < kKernelStart ? address & (kSpaceBytes - 1) : address;
}

}  // namespace quarrel
