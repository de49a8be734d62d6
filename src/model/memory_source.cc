// What does a processor say about one memory access: who had the line, and in which state?
#include "model/memory_source.h"

namespace quarrel {
namespace {

/// The fields of perf_mem_data_src, from the lowest bit on.
struct SourceWord {
  explicit SourceWord(uint64_t word)
      : operation(word & 0x1f),
        level(word >> 5 & 0x3fff),
        snoop(word >> 19 & 0x1f),
        lock(word >> 24 & 0x3),
        is_remote((word >> 37 & 1) != 0),
        snoop_extension(word >> 38 & 0x3),
        hops(word >> 43 & 0x7) {}

  uint64_t operation;
  uint64_t level;
  uint64_t snoop;
  uint64_t lock;
  bool is_remote;
  uint64_t snoop_extension;
  uint64_t hops;
};

constexpr uint64_t kLoad = 0x02;
constexpr uint64_t kStore = 0x04;
constexpr uint64_t kLevelUnknown = 0x01;
constexpr uint64_t kHit = 0x02;
constexpr uint64_t kMiss = 0x04;
constexpr uint64_t kL1 = 0x08;
constexpr uint64_t kFillBuffer = 0x10;
constexpr uint64_t kL2 = 0x20;
constexpr uint64_t kL3 = 0x40;
constexpr uint64_t kLocalRam = 0x80;
constexpr uint64_t kRemoteRam = 0x100 | 0x200;     // one hop, two hops
constexpr uint64_t kRemoteCaches = 0x400 | 0x800;  // one hop, two hops
constexpr uint64_t kSnoopHit = 0x04;
constexpr uint64_t kSnoopHitm = 0x10;
constexpr uint64_t kSnoopPeer = 0x02;  // of snoop_extension
constexpr uint64_t kLocked = 0x02;

void count_local_load(const SourceWord& source, MemoryCounts& counts) {
  const bool is_peer = source.snoop_extension & kSnoopPeer;
  if (source.level & kFillBuffer) counts.load_fill_buffer_hits = 1;
  if (source.level & kL1) counts.load_l1_hits = 1;
  if (source.level & kL2) {
    counts.load_l2_hits = 1;
    counts.local_peer += is_peer;
  }
  if (source.level & kL3) {
    const bool is_hitm = source.snoop & kSnoopHitm;
    counts.local_hitm += is_hitm;
    counts.load_llc_hits += !is_hitm;
    counts.local_peer += is_peer;
  }
}

/// On Power, "remote" with hops is another core of the same node; on Skylake, without a level, it
/// is another socket.
bool is_far(const SourceWord& source) {
  return source.is_remote && source.hops == 0;
}

void count_ram_load(const SourceWord& source, MemoryCounts& counts) {
  if (source.level & kLocalRam) counts.load_local_ram = 1;
  if ((source.level & kRemoteRam) || is_far(source)) counts.load_remote_ram = 1;
}

void count_remote_load(const SourceWord& source, MemoryCounts& counts) {
  if (!(source.level & kRemoteCaches) && !is_far(source)) return;
  const bool is_hit = source.snoop & kSnoopHit;
  const bool is_hitm = !is_hit && (source.snoop & kSnoopHitm);
  const bool is_peer = !is_hit && !is_hitm && (source.snoop_extension & kSnoopPeer);
  counts.remote_hitm = is_hitm;
  counts.remote_peer = is_peer;
  counts.load_remote_hits = is_hit || is_peer;
}

void count_load(const SourceWord& source, MemoryCounts& counts) {
  if (source.level & kHit) {
    count_local_load(source, counts);
    count_ram_load(source, counts);
  }
  count_remote_load(source, counts);
  if (source.level & kMiss) counts.load_misses = 1;
}

void count_store(const SourceWord& source, MemoryCounts& counts) {
  if ((source.level & kHit) && (source.level & kL1)) counts.store_l1_hits = 1;
  if ((source.level & kMiss) && (source.level & kL1)) counts.store_l1_misses = 1;
  if (source.level & kLevelUnknown) counts.store_unknown = 1;
}

}  // namespace

void add_counts(const MemoryCounts& from, MemoryCounts& into) {
  into.samples += from.samples;
  into.loads += from.loads;
  into.stores += from.stores;
  into.locked += from.locked;
  into.local_hitm += from.local_hitm;
  into.remote_hitm += from.remote_hitm;
  into.local_peer += from.local_peer;
  into.remote_peer += from.remote_peer;
  into.load_l1_hits += from.load_l1_hits;
  into.load_fill_buffer_hits += from.load_fill_buffer_hits;
  into.load_l2_hits += from.load_l2_hits;
  into.load_llc_hits += from.load_llc_hits;
  into.load_remote_hits += from.load_remote_hits;
  into.load_local_ram += from.load_local_ram;
  into.load_remote_ram += from.load_remote_ram;
  into.load_misses += from.load_misses;
  into.store_l1_hits += from.store_l1_hits;
  into.store_l1_misses += from.store_l1_misses;
  into.store_unknown += from.store_unknown;
  into.unparsed += from.unparsed;
}

MemoryCounts count_access(uint64_t data_source, bool has_address) {
  const SourceWord source(data_source);
  MemoryCounts counts{.samples = 1};
  counts.locked = (source.lock & kLocked) != 0;
  if (source.operation & kLoad) {
    counts.loads = 1;
    if (has_address) count_load(source, counts);
  } else if (source.operation & kStore) {
    counts.stores = 1;
    if (has_address) count_store(source, counts);
  } else {
    counts.unparsed = 1;
  }
  return counts;
}

bool is_load(uint64_t data_source) {
  return SourceWord(data_source).operation & kLoad;
}

bool is_store(uint64_t data_source) {
  return !is_load(data_source) && (SourceWord(data_source).operation & kStore);
}

bool is_locked_access(uint64_t data_source) {
  return SourceWord(data_source).lock & kLocked;
}

bool is_answered_by_other_core(uint64_t data_source) {
  const MemoryCounts counts = count_access(data_source, true);
  return hitm_count(counts) + peer_count(counts) > 0;
}

}  // namespace quarrel
