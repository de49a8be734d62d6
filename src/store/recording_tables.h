// Which member of a recording stands in which table and column?
#pragma once

#include <vector>

#include "model/recording.h"
#include "store/columns.h"
#include "store/table_writer.h"

namespace quarrel {

template <class V, RowOf<Run> R>
void columns(V& v, R& run) {
  v.text("tool_version", run.tool_version);
  v.text("command", run.command);
  v.number("pid", run.pid);
  v.text("kernel", run.host.kernel);
  v.text("machine", run.host.machine);
  v.text("cpu_model", run.host.cpu_model);
  v.number("cpus", run.host.cpus);
  v.number("line_size_bytes", run.host.line_size);
  v.number("start_ns", run.start_ns);
  v.number("duration_ns", run.duration_ns);
  v.word("stop_reason", run.stop_reason);
  v.number("sample_period_ns", run.sample_period_ns);
}

template <class V, RowOf<Module> R>
void columns(V& v, R& module) {
  v.text("path", module.path);
  v.text("build_id", module.build_id);
}

template <class V, RowOf<Mapping> R>
void columns(V& v, R& mapping) {
  v.address("start_address", mapping.start);
  v.address("end_address", mapping.end);
  v.number("file_offset_bytes", mapping.file_offset);
  v.id("module_id", mapping.module);
  v.flag("is_executable", mapping.is_executable);
}

template <class V, RowOf<SharedMemory> R>
void columns(V& v, R& memory) {
  v.address("start_address", memory.start);
  v.address("end_address", memory.end);
  v.number("file_offset_bytes", memory.file_offset);
  v.number("device", memory.device);
  v.number("inode", memory.inode);
}

template <class V, RowOf<ThreadLocalBlock> R>
void columns(V& v, R& block) {
  v.id("module_id", block.module);
  v.number("below_fs_base_bytes", block.below_fs_base);
  v.number("size_bytes", block.size);
}

template <class V, RowOf<Thread> R>
void columns(V& v, R& thread) {
  v.number("tid", thread.tid);
  v.number("namespace_tid", thread.ns_tid);
  v.text("name", thread.name);
  v.number("first_seen_ns", thread.first_seen_ns);
  v.number("last_seen_ns", thread.last_seen_ns);
  v.address("fs_base_address", thread.fs_base);
}

template <class V, RowOf<Frame> R>
void columns(V& v, R& frame) {
  v.optional_id("caller_id", frame.caller);
  v.address("pc_address", frame.pc);
  v.flag("is_return_address", frame.is_return_address);
}

template <class V, RowOf<Stack> R>
void columns(V& v, R& stack) {
  v.optional_id("innermost_frame_id", stack.innermost);
  v.word("status", stack.status);
}

template <class V, RowOf<FutexSignature> R>
void columns(V& v, R& signature) {
  v.number("futex_operation", signature.operation);
  v.flag("is_private", signature.is_private);
  v.flag("is_realtime_clock", signature.is_realtime_clock);
  v.flag("is_timed", signature.is_timed);
  v.number("value_class", signature.value_class);
}

template <class V, RowOf<LockWait> R>
void columns(V& v, R& wait) {
  v.address("lock_address", wait.address);
  columns(v, wait.signature);
  v.optional_id("waiter_thread_id", wait.waiter);
  v.optional_id("owner_thread_id", wait.owner);
  v.number("waits", wait.count);
  v.number("total_wait_ns", wait.total_ns);
  v.number("max_wait_ns", wait.max_ns);
}

template <class V, RowOf<LockStats> R>
void columns(V& v, R& stats) {
  v.address("lock_address", stats.address);
  columns(v, stats.signature);
  v.number("not_blocked", stats.not_blocked);
  v.number("interrupted", stats.interrupted);
  v.number("timed_out", stats.timed_out);
  v.number("timed_out_ns", stats.timed_out_ns);
  v.number("interrupted_ns", stats.interrupted_ns);
  v.number("wakes", stats.wakes);
  v.number("wasted_wakes", stats.wasted_wakes);
  v.number("handoff_ns", stats.handoff_ns);
}

template <class V, RowOf<LockMemory> R>
void columns(V& v, R& memory) {
  v.address("lock_address", memory.address);
  v.number("mutex_kind", memory.mutex_kind);
  v.number("rwlock_flags", memory.rwlock_flags);
}

template <class V, RowOf<WaitStack> R>
void columns(V& v, R& wait) {
  v.address("lock_address", wait.address);
  columns(v, wait.signature);
  v.id("waiter_thread_id", wait.waiter);
  v.optional_id("owner_thread_id", wait.owner);
  v.optional_id("stack_id", wait.stack);
  v.number("samples", wait.samples);
  v.number("weight_ns", wait.weight_ns);
  v.number("max_wait_ns", wait.max_ns);
}

template <class V, RowOf<LongWait> R>
void columns(V& v, R& wait) {
  v.address("lock_address", wait.address);
  v.id("waiter_thread_id", wait.waiter);
  v.optional_id("owner_thread_id", wait.owner);
  v.optional_id("stack_id", wait.stack);
  v.number("start_ns", wait.start_ns);
  v.number("wait_ns", wait.wait_ns);
}

template <class V, RowOf<WaitSlice> R>
void columns(V& v, R& slice) {
  v.address("lock_address", slice.address);
  v.number("slice", slice.slice);
  v.number("wait_ns", slice.wait_ns);
}

template <class V, RowOf<HolderTime> R>
void columns(V& v, R& time) {
  v.address("lock_address", time.address);
  v.optional_id("holder_thread_id", time.holder);
  v.word("state", time.state);
  v.address("next_lock_address", time.next_address);
  v.number("waiter_ns", time.waiter_ns);
}

template <class V, RowOf<WakeStack> R>
void columns(V& v, R& wake) {
  v.address("lock_address", wake.address);
  v.id("waker_thread_id", wake.waker);
  v.optional_id("stack_id", wake.stack);
  v.number("samples", wake.samples);
  v.number("weight_ns", wake.weight_ns);
}

template <class V, RowOf<Blame> R>
void columns(V& v, R& blame) {
  v.address("lock_address", blame.address);
  v.id("holder_thread_id", blame.holder);
  v.word("state", blame.state);
  v.optional_id("stack_id", blame.stack);
  v.number("samples", blame.samples);
  v.number("waiter_ns", blame.waiter_ns);
}

template <class V, RowOf<KernelLockWait> R>
void columns(V& v, R& wait) {
  v.address("lock_address", wait.address);
  v.number("flags", wait.flags);
  v.flag("is_mmap_lock", wait.is_mmap_lock);
  v.text("caller", wait.caller);
  v.number("waits", wait.count);
  v.number("total_wait_ns", wait.total_ns);
  v.number("max_wait_ns", wait.max_ns);
}

template <class V, RowOf<KernelLockStack> R>
void columns(V& v, R& wait) {
  v.address("lock_address", wait.address);
  v.text("caller", wait.caller);
  v.id("waiter_thread_id", wait.waiter);
  v.optional_id("stack_id", wait.stack);
  v.number("samples", wait.samples);
  v.number("weight_ns", wait.weight_ns);
}

template <class V, RowOf<LockHold> R>
void columns(V& v, R& hold) {
  v.address("lock_address", hold.address);
  v.flag("is_rwlock", hold.is_rwlock);
  v.number("acquisitions", hold.acquisitions);
  v.number("try_failures", hold.try_failures);
  v.number("holds", hold.holds);
  v.number("total_hold_ns", hold.total_ns);
  v.number("max_hold_ns", hold.max_ns);
  v.optional_id("stack_id", hold.stack);
}

template <class V, RowOf<HoldProbing> R>
void columns(V& v, R& probing) {
  v.number("probe_ns", probing.probe_ns);
  v.number("own_hold_ns", probing.own_ns);
  v.number("hits", probing.hits);
  v.number("observed_ns", probing.observed_ns);
  v.number("windows", probing.windows);
  v.number("target_cpu_ns", probing.target_cpu_ns);
  v.number("max_overhead_ppm", probing.max_overhead_ppm);
}

template <class V, RowOf<GoroutineWait> R>
void columns(V& v, R& wait) {
  v.address("lock_address", wait.address);
  v.word("kind", wait.kind);
  v.number("goroutine", wait.goroutine);
  v.optional_id("stack_id", wait.stack);
  v.number("waits", wait.count);
  v.number("total_wait_ns", wait.total_ns);
  v.number("max_wait_ns", wait.max_ns);
}

template <class V, RowOf<GoroutineLock> R>
void columns(V& v, R& lock) {
  v.address("lock_address", lock.address);
  v.word("kind", lock.kind);
  v.number("handoff_ns", lock.handoff_ns);
}

template <class V, RowOf<GoroutineHold> R>
void columns(V& v, R& hold) {
  v.address("lock_address", hold.address);
  v.number("goroutine", hold.goroutine);
  v.optional_id("stack_id", hold.stack);
  v.number("releases", hold.releases);
  v.number("waiter_ns", hold.waiter_ns);
}

template <class V, RowOf<Exemplar> R>
void columns(V& v, R& exemplar) {
  v.address("address", exemplar.address);
  v.optional_id("stack_id", exemplar.stack);
  v.number("tid", exemplar.capture.tid);
  v.number("time_ns", exemplar.capture.time_ns);
  v.blob("registers", exemplar.capture.registers);
  v.address("stack_start_address", exemplar.capture.stack_start);
  v.blob("stack_bytes", exemplar.capture.bytes);
  v.address("fs_base_address", exemplar.capture.fs_base);
}

template <class V, RowOf<NearPointer> R>
void columns(V& v, R& pointer) {
  v.address("address", pointer.address);
  v.address("value", pointer.value);
  v.number("heap_bytes", pointer.heap_bytes);
}

template <class V, RowOf<MemoryAccess> R>
void columns(V& v, R& access) {
  v.address("instruction_address", access.instruction);
  v.address("data_address", access.address);
  v.number("size_bytes", access.size);
  v.word("kind", access.kind);
  v.flag("is_locked", access.is_locked);
  v.number("distance_instructions", access.distance);
  v.flag("crosses_block", access.crosses_block);
  v.flag("is_own_stack", access.is_own_stack);
  v.number("excludes", access.excludes);
}

template <class V, RowOf<GeneratedCode> R>
void columns(V& v, R& code) {
  v.address("code_address", code.address);
  v.number("size_bytes", code.size);
  v.text("name", code.name);
}

template <class V, RowOf<WatchHit> R>
void columns(V& v, R& hit) {
  v.address("data_address", hit.address);
  v.number("size_bytes", hit.size);
  v.id("thread_id", hit.thread);
  v.address("instruction_address", hit.instruction);
  v.word("kind", hit.kind);
  v.flag("is_locked", hit.is_locked);
  v.number("hits", hit.hits);
  v.number("span_ns", hit.span_ns);
}

template <class V, RowOf<WatchedBytes> R>
void columns(V& v, R& watched) {
  v.address("data_address", watched.address);
  v.number("size_bytes", watched.size);
  v.number("threads", watched.threads);
  v.number("watched_ns", watched.watched_ns);
}

template <class V, RowOf<ProgressWindow> R>
void columns(V& v, R& window) {
  v.address("data_address", window.address);
  v.number("size_bytes", window.size);
  v.id("thread_id", window.thread);
  v.flag("is_together", window.is_together);
  v.number("steps", window.steps);
  v.number("cpu_ns", window.cpu_ns);
}

template <class V, RowOf<LineSample> R>
void columns(V& v, R& sample) {
  v.id("thread_id", sample.thread);
  v.number("cpu", sample.cpu);
  v.number("time_ns", sample.time_ns);
  v.address("ip_address", sample.ip);
  v.optional_id("stack_id", sample.stack);
}

template <class V, RowOf<MemorySample> R>
void columns(V& v, R& sample) {
  v.id("thread_id", sample.thread);
  v.number("cpu", sample.cpu);
  v.number("time_ns", sample.time_ns);
  v.address("ip_address", sample.ip);
  v.address("data_address", sample.address);
  v.address("physical_address", sample.physical_address);
  v.address("data_source", sample.data_source);
  v.number("period", sample.period);
  v.number("latency_cycles", sample.latency_cycles);
  v.number("instruction_cycles", sample.instruction_cycles);
  v.word("event", sample.event);
  v.flag("is_kernel", sample.is_kernel);
  v.optional_id("stack_id", sample.stack);
}

template <class V, RowOf<HeapBlock> R>
void columns(V& v, R& block) {
  v.address("address", block.address);
  v.number("bytes", block.bytes);
  v.id("thread_id", block.thread);
  v.optional_id("stack_id", block.stack);
  v.number("allocated_ns", block.allocated_ns);
  v.number("seen_until_ns", block.seen_until_ns);
}

template <class V, RowOf<Coverage> R>
void columns(V& v, R& coverage) {
  v.text("collector", coverage.collector);
  v.text("unit", coverage.unit);
  v.word("state", coverage.state);
  v.text("reason", coverage.reason);
  v.number("seen", coverage.seen);
  v.number("attributed", coverage.attributed);
  v.number("unresolved", coverage.unresolved);
  v.number("own_cost_ns", coverage.own_cost_ns);
}

template <class V, RowOf<Loss> R>
void columns(V& v, R& loss) {
  v.text("reason", loss.reason);
  v.number("lost", loss.count);
}

/// Every table of a recording, parents first, for a TableWriter or a TableReader. `runs` holds
/// Recording::run. Appended tables carry the bulk; what they hold of a run does not change.
template <class V, RowOf<std::vector<Run>> Runs, RowOf<Recording> R>
void recording_tables(V& v, Runs& runs, R& recording) {
  v.rows("run", Growth::kRewritten, runs);
  v.rows("modules", Growth::kAppended, recording.modules);
  v.rows("mappings", Growth::kRewritten, recording.mappings);
  v.rows("shared_memory", Growth::kRewritten, recording.shared_memory);
  v.rows("thread_local_blocks", Growth::kRewritten, recording.thread_local_blocks);
  v.rows("threads", Growth::kRewritten, recording.threads);
  v.rows("frames", Growth::kAppended, recording.frames);
  v.rows("stacks", Growth::kAppended, recording.stacks);
  v.rows("lock_waits", Growth::kRewritten, recording.lock_waits);
  v.rows("lock_stats", Growth::kRewritten, recording.lock_stats);
  v.counts("lock_stats_buckets", {"lock_stats_id", "bucket", "waits"}, Growth::kRewritten,
           recording.lock_stats, &LockStats::histogram, WaitHistogramShape::kBuckets);
  v.rows("lock_memory", Growth::kAppended, recording.lock_memory);
  v.rows("wait_stacks", Growth::kRewritten, recording.wait_stacks);
  v.rows("long_waits", Growth::kRewritten, recording.long_waits);
  v.rows("wait_slices", Growth::kRewritten, recording.wait_slices);
  v.rows("holder_times", Growth::kRewritten, recording.holder_times);
  v.rows("blames", Growth::kRewritten, recording.blames);
  v.rows("wake_stacks", Growth::kRewritten, recording.wake_stacks);
  v.rows("kernel_lock_waits", Growth::kRewritten, recording.kernel_lock_waits);
  v.rows("kernel_lock_stacks", Growth::kRewritten, recording.kernel_lock_stacks);
  v.rows("lock_holds", Growth::kRewritten, recording.lock_holds);
  v.counts("lock_holds_buckets", {"lock_holds_id", "bucket", "holds"}, Growth::kRewritten,
           recording.lock_holds, &LockHold::histogram, WaitHistogramShape::kBuckets);
  v.rows("hold_probing", Growth::kRewritten, recording.hold_probing);
  v.rows("goroutine_waits", Growth::kRewritten, recording.goroutine_waits);
  v.rows("goroutine_locks", Growth::kRewritten, recording.goroutine_locks);
  v.counts("goroutine_locks_buckets", {"goroutine_locks_id", "bucket", "waits"}, Growth::kRewritten,
           recording.goroutine_locks, &GoroutineLock::histogram, WaitHistogramShape::kBuckets);
  v.rows("goroutine_holds", Growth::kRewritten, recording.goroutine_holds);
  v.rows("heap_blocks", Growth::kRewritten, recording.heap_blocks);
  v.rows("exemplars", Growth::kAppended, recording.exemplars);
  v.children("exemplar_pointers", "exemplar_id", Growth::kAppended, recording.exemplars,
             &Exemplar::pointers);
  v.rows("line_samples", Growth::kAppended, recording.line_samples);
  v.children("line_sample_peers", "line_sample_id", Growth::kAppended, recording.line_samples,
             &LineSample::peers, DescribeValue{"thread_id"});
  v.children("line_sample_accesses", "line_sample_id", Growth::kAppended, recording.line_samples,
             &LineSample::accesses);
  v.rows("memory_samples", Growth::kAppended, recording.memory_samples);
  v.rows("generated_code", Growth::kRewritten, recording.generated_code);
  v.rows("watch_hits", Growth::kRewritten, recording.watch_hits);
  v.rows("watched_bytes", Growth::kRewritten, recording.watched_bytes);
  v.rows("progress_windows", Growth::kRewritten, recording.progress_windows);
  v.rows("coverage", Growth::kRewritten, recording.coverage);
  v.children("coverage_losses", "coverage_id", Growth::kRewritten, recording.coverage,
             &Coverage::lost);
}

}  // namespace quarrel
