// What do the threads of the target do right now, without stopping them?
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "collect/kernel_session.h"
#include "events.h"

struct thread_states_bpf;
struct bpf_link;

namespace quarrel {

/// The task iterator of bpf/thread_states.bpf.c, over the maps of lock_waits. Reads the stacks of
/// threads that sleep; needs Linux 5.18.
class ThreadStates {
 public:
  ThreadStates();
  ~ThreadStates();

  /// Loads over the shared maps of lock_waits.
  Result<void> load(const TargetFilter& filter, const CollectOptions& options,
                    const SharedMaps& shared);

  /// Makes a record of every thread, and opens the waits that began before the attach: they count
  /// from now on. Returns how many there were.
  uint64_t seed();

  using Handler = std::function<void(const holder_event& event, const uint8_t* stack)>;

  /// Shows every thread that is off the CPU and holds a lock that others wait for.
  void visit_sleeping_holders(const Handler& handler);

  using WaitHandler = std::function<void(const wait_event& event, const uint8_t* stack)>;

  /// Shows every wait that goes on, with the stack of its thread and its time so far.
  void visit_open_waits(const WaitHandler& handler);

  using BaseHandler = std::function<void(const thread_base& base)>;

  /// Shows every thread of the process.
  void visit_threads(const BaseHandler& handler);

 private:
  struct Free {
    void operator()(thread_states_bpf* skeleton) const;
    void operator()(bpf_link* link) const;
  };
  /// Takes the bytes that have arrived; returns how many are done with.
  using Sink = std::function<size_t(std::string_view bytes)>;
  void run_pass(uint32_t pass, const Sink& sink);

  std::unique_ptr<thread_states_bpf, Free> skeleton_;
  std::unique_ptr<bpf_link, Free> link_;
};

}  // namespace quarrel
