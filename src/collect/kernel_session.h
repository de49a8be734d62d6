// What do all collectors need around their BPF programs: clear errors, a clean end, their cost?
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "collect/collector.h"

struct bpf_map;
struct bpf_program;
struct ring_buffer;

namespace quarrel {

/// While it lives, what libbpf logs in this thread is kept instead of printed.
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  /// An Error that says what failed, why (errno `error`), how to allow it, and what libbpf and the
  /// verifier said last.
  Error describe(std::string_view what, int error) const;

 private:
  std::deque<std::string> lines_;
};

/// How BPF programs recognise the target (bpf/target.bpf.h).
struct TargetFilter {
  uint32_t tgid = 0;
  uint64_t namespace_device = 0;  ///< as the kernel encodes a dev_t
  uint64_t namespace_inode = 0;   ///< 0: quarrel is in the initial pid namespace
  bool is_target_nested = false;  ///< the target has a pid namespace below quarrel's

  /// The tgid as the kernel counts; 0 if quarrel counts otherwise.
  int kernel_tgid() const { return namespace_inode == 0 ? static_cast<int>(tgid) : 0; }
};
TargetFilter filter_for(pid_t pid);

/// Tells the programs of an opened skeleton whom to watch; before the load.
template <class Skeleton>
void set_target(Skeleton& skeleton, const TargetFilter& filter) {
  skeleton.rodata->target_tgid = filter.tgid;
  skeleton.rodata->namespace_device = filter.namespace_device;
  skeleton.rodata->namespace_inode = filter.namespace_inode;
  skeleton.rodata->target_is_nested = filter.is_target_nested;
  skeleton.bss->kernel_tgid = filter.kernel_tgid();
}

/// Makes `map` the one of that name that another collector of this recording loaded, if there is
/// one.
Result<void> adopt_shared_map(const SharedMaps& shared, bpf_map* map);

/// Offers a loaded map under its name to the collectors that load later.
void share_map(SharedMaps& shared, const bpf_map* map);

/// Returns when no BPF program that was detached before the call still runs on any CPU.
void wait_for_running_programs();

/// Reads variable-sized events from a BPF ring buffer without ever being woken by it.
class EventRing {
 public:
  using Handler = std::function<void(const void* event, size_t bytes)>;

  Result<void> open(int map_fd, Handler handler);

  /// Hands the events that have arrived to the handler, for about `kTurn`: where they come faster
  /// than they are handled, the caller must see to other things (such as slowing them down).
  /// Returns whether it was all.
  bool take_turn();
  static constexpr std::chrono::milliseconds kTurn{20};

  /// Hands over all of them. Only after the programs were detached is there an end to it.
  void drain();

 private:
  struct Free {
    void operator()(ring_buffer* ring) const;
  };
  struct Consumer {
    Handler handler;
    std::chrono::steady_clock::time_point until;
  };
  // On the heap, because libbpf keeps its address while the owner may move.
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<ring_buffer, Free> ring_;
};

/// bpf_map_get_next_key and bpf_map_lookup_elem, false at the end or if the element is gone.
bool next_key(int map_fd, const void* key, void* next);
bool read_element(int map_fd, const void* key, void* value);

/// Adds up `count` u64 counters, the only element of a per-CPU array map, over all CPUs.
void sum_counters(int map_fd, uint64_t* counters, size_t count);

/// The same for a structure of nothing but u64s.
template <class Counters>
Counters read_counters(int map_fd) {
  static_assert(sizeof(Counters) % sizeof(uint64_t) == 0);
  Counters counters{};
  sum_counters(map_fd, reinterpret_cast<uint64_t*>(&counters), sizeof(Counters) / sizeof(uint64_t));
  return counters;
}

/// Calls `visit(key, value)` for every element of a hash map. None may be removed meanwhile (the
/// kernel would start again from the first); one that is added may be missed.
template <class Key, class Value, class Visit>
void for_each_element(int map_fd, Visit visit) {
  Key key{}, next{};
  Value value{};
  bool has_next = next_key(map_fd, nullptr, &next);
  while (has_next) {
    key = next;
    has_next = next_key(map_fd, &key, &next);
    if (read_element(map_fd, &key, &value)) visit(key, value);
  }
}

}  // namespace quarrel
