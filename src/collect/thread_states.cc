// What do the threads of the target do right now, without stopping them?
#include "collect/thread_states.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "collect/lock_tables.h"
#include "thread_states.skel.h"

namespace quarrel {
namespace {

// As in bpf/thread_states.bpf.c.
enum Pass : uint32_t { kSeed, kOwners, kHolders, kWaiters, kBases };

/// Bound to the process since Linux 6.1; older kernels visit every task, and the program picks.
bpf_link* attach_to_process(bpf_program* program, uint32_t pid) {
  bpf_iter_link_info info{};
  info.task.pid = pid;
  LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));
  if (bpf_link* link = bpf_program__attach_iter(program, &options); link != nullptr) return link;
  return bpf_program__attach_iter(program, nullptr);
}

/// Hands over every event that is there whole, with the stack that follows it; returns their bytes.
template <class Event>
size_t take_events(std::string_view bytes,
                   const std::function<void(const Event&, const uint8_t*)>& handler) {
  size_t taken = 0;
  Event event;
  while (bytes.size() - taken >= sizeof(event)) {
    std::memcpy(&event, bytes.data() + taken, sizeof(event));
    const size_t size = sizeof(event) + event.capture.stack_bytes;
    if (size > bytes.size() - taken) break;
    handler(event, reinterpret_cast<const uint8_t*>(bytes.data()) + taken + sizeof(event));
    taken += size;
  }
  return taken;
}

}  // namespace

ThreadStates::ThreadStates() = default;
ThreadStates::~ThreadStates() = default;

void ThreadStates::Free::operator()(thread_states_bpf* skeleton) const {
  thread_states_bpf__destroy(skeleton);
}

void ThreadStates::Free::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

Result<void> ThreadStates::load(const TargetFilter& filter, const CollectOptions& options,
                                const SharedMaps& shared) {
  const LibbpfLog log;
  skeleton_.reset(thread_states_bpf__open());
  if (!skeleton_) return log.describe("opening the thread_states program", errno);
  set_target(*skeleton_, filter);
  skeleton_->rodata->stack_limit = options.stack_bytes;
  set_lock_slots(*skeleton_, options.max_locks);
  set_holder_slots(*skeleton_, options.max_locks);
  const auto& maps = skeleton_->maps;
  for (bpf_map* map :
       {maps.locks, maps.threads, maps.holder_times, maps.counters, maps.sleeping_holders})
    TRY_VOID(adopt_shared_map(shared, map));
  if (const int error = thread_states_bpf__load(skeleton_.get()); error != 0)
    return log.describe("loading the thread_states program", -error);
  link_.reset(attach_to_process(skeleton_->progs.visit_thread, filter.tgid));
  if (!link_) return log.describe("attaching the iterator over tasks", errno);
  return {};
}

void ThreadStates::run_pass(uint32_t pass, const Sink& sink) {
  if (!link_) return;
  skeleton_->bss->pass = pass;
  const Fd iterator(bpf_iter_create(bpf_link__fd(link_.get())));
  if (!iterator.is_open()) return;
  std::string pending;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::read(iterator.get(), buffer, sizeof(buffer));
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return;
    pending.append(buffer, static_cast<size_t>(got));
    pending.erase(0, sink(pending));
  }
}

uint64_t ThreadStates::seed() {
  const Sink nothing = [](std::string_view bytes) { return bytes.size(); };
  run_pass(kSeed, nothing);
  run_pass(kOwners, nothing);
  return link_ ? skeleton_->bss->seeded_waits : 0;
}

void ThreadStates::visit_sleeping_holders(const Handler& handler) {
  run_pass(kHolders, [&](std::string_view bytes) { return take_events(bytes, handler); });
}

void ThreadStates::visit_open_waits(const WaitHandler& handler) {
  run_pass(kWaiters, [&](std::string_view bytes) { return take_events(bytes, handler); });
}

void ThreadStates::visit_threads(const BaseHandler& handler) {
  run_pass(kBases, [&](std::string_view bytes) {
    thread_base base;
    size_t taken = 0;
    for (; bytes.size() - taken >= sizeof(base); taken += sizeof(base)) {
      std::memcpy(&base, bytes.data() + taken, sizeof(base));
      handler(base);
    }
    return taken;
  });
}

}  // namespace quarrel
