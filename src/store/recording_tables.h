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

template <class V, RowOf<Thread> R>
void columns(V& v, R& thread) {
  v.number("tid", thread.tid);
  v.number("namespace_tid", thread.ns_tid);
  v.text("name", thread.name);
  v.number("first_seen_ns", thread.first_seen_ns);
  v.number("last_seen_ns", thread.last_seen_ns);
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
  v.id("waiter_thread_id", wait.waiter);
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

template <class V, RowOf<Exemplar> R>
void columns(V& v, R& exemplar) {
  v.address("address", exemplar.address);
  v.optional_id("stack_id", exemplar.stack);
  v.number("tid", exemplar.capture.tid);
  v.number("time_ns", exemplar.capture.time_ns);
  v.blob("registers", exemplar.capture.registers);
  v.address("stack_start_address", exemplar.capture.stack_start);
  v.blob("stack_bytes", exemplar.capture.bytes);
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
}

template <class V, RowOf<LineSample> R>
void columns(V& v, R& sample) {
  v.id("thread_id", sample.thread);
  v.number("cpu", sample.cpu);
  v.number("time_ns", sample.time_ns);
  v.address("ip_address", sample.ip);
  v.optional_id("stack_id", sample.stack);
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
  v.rows("exemplars", Growth::kAppended, recording.exemplars);
  v.rows("line_samples", Growth::kAppended, recording.line_samples);
  v.children("line_sample_peers", "line_sample_id", Growth::kAppended, recording.line_samples,
             &LineSample::peers, DescribeValue{"thread_id"});
  v.children("line_sample_accesses", "line_sample_id", Growth::kAppended, recording.line_samples,
             &LineSample::accesses);
  v.rows("coverage", Growth::kRewritten, recording.coverage);
  v.children("coverage_losses", "coverage_id", Growth::kRewritten, recording.coverage,
             &Coverage::lost);
}

}  // namespace quarrel
