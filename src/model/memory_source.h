// What does a processor say about one memory access: who had the line, and in which state?
//
// The layout of the word is perf_mem_data_src of linux/perf_event.h. What counts as what follows
// perf c2c (c2c_decode_stats of Linux 6.1), so that users find the same figures in both tools.
#pragma once

#include <cstdint>

namespace quarrel {

/// Kinds of accesses to one line, summed over samples.
struct MemoryCounts {
  uint64_t samples = 0;
  uint64_t loads = 0;
  uint64_t stores = 0;
  uint64_t locked = 0;
  uint64_t local_hitm = 0;   ///< another core of this socket had the line modified
  uint64_t remote_hitm = 0;  ///< a core of another socket had it modified
  uint64_t local_peer = 0;   ///< another core's cache gave it, state unknown (Arm)
  uint64_t remote_peer = 0;
  uint64_t load_l1_hits = 0;
  uint64_t load_fill_buffer_hits = 0;  ///< the line was on its way already
  uint64_t load_l2_hits = 0;
  uint64_t load_llc_hits = 0;     ///< without a modified copy elsewhere
  uint64_t load_remote_hits = 0;  ///< in a cache of another socket, not modified
  uint64_t load_local_ram = 0;
  uint64_t load_remote_ram = 0;
  uint64_t load_misses = 0;
  uint64_t store_l1_hits = 0;
  uint64_t store_l1_misses = 0;
  uint64_t store_unknown = 0;  ///< the processor does not say where the store hit
  uint64_t unparsed = 0;       ///< neither a load nor a store

  bool operator==(const MemoryCounts&) const = default;
};

void add_counts(const MemoryCounts& from, MemoryCounts& into);

/// The counts of one sample. Without a data address only `samples`, `loads`, `stores` and `locked`
/// count.
MemoryCounts count_access(uint64_t data_source, bool has_address);

/// Loads that another core had to answer with its own copy.
inline uint64_t hitm_count(const MemoryCounts& counts) {
  return counts.local_hitm + counts.remote_hitm;
}
inline uint64_t peer_count(const MemoryCounts& counts) {
  return counts.local_peer + counts.remote_peer;
}

/// Loads that another core's cache had to answer, by either way of saying so.
inline uint64_t transfer_count(const MemoryCounts& counts) {
  return hitm_count(counts) + peer_count(counts);
}

bool is_load(uint64_t data_source);
bool is_store(uint64_t data_source);
bool is_locked_access(uint64_t data_source);

/// Another core's cache had to give the line: HITM, or a peer snoop.
bool is_answered_by_other_core(uint64_t data_source);

}  // namespace quarrel
