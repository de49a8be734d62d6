// How large are the kernel's tables of locks, waits and holders?
#pragma once

#include <bpf/libbpf.h>

#include <bit>
#include <cstdint>

namespace quarrel {

/// Rows for each lock word that has room.
constexpr uint32_t kWaitersPerLock = 8;
constexpr uint32_t kHoldersPerLock = 4;

/// The programs search these tables themselves (bpf/waiters.bpf.h): sizes are powers of two, and
/// all that share a table must be told the same. Each function is for an opened skeleton that has
/// the table, before its load.
template <class Skeleton>
void set_lock_slots(Skeleton& skeleton, uint32_t max_locks) {
  skeleton.rodata->lock_slots = std::bit_ceil(max_locks);
  bpf_map__set_max_entries(skeleton.maps.locks, std::bit_ceil(max_locks));
}

template <class Skeleton>
void set_wait_slots(Skeleton& skeleton, uint32_t max_locks) {
  skeleton.rodata->wait_slots = std::bit_ceil(max_locks) * kWaitersPerLock;
  bpf_map__set_max_entries(skeleton.maps.waits, std::bit_ceil(max_locks) * kWaitersPerLock);
  bpf_map__set_max_entries(skeleton.maps.histograms, std::bit_ceil(max_locks));
}

template <class Skeleton>
void set_holder_slots(Skeleton& skeleton, uint32_t max_locks) {
  skeleton.rodata->holder_slots = std::bit_ceil(max_locks) * kHoldersPerLock;
  bpf_map__set_max_entries(skeleton.maps.holder_times, std::bit_ceil(max_locks) * kHoldersPerLock);
}

}  // namespace quarrel
