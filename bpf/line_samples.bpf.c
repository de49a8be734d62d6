// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What did a thread do at a tick of the CPU clock, beside whom, and who waited for it?
 *
 * Runs in the timer interrupt of every online CPU. Registers and the bytes around the stack pointer
 * are enough to compute the address of the memory operand in user space.
 */
#include "running_threads.bpf.h"
#include "target.bpf.h"
#include "user_stack.bpf.h"
#include "waiters.bpf.h"

#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 cpu_count = MAX_PEER_CPUS; /* possible CPUs, at most MAX_PEER_CPUS */
const volatile __u32 blame_stack_limit = MAX_STACK_BYTES;

/* Between the begin and the end of the recording: attaching takes longer than a tick. */
volatile __u32 is_recording = 0;

extern const struct rq runqueues __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tick_counters);
} tick_counts SEC(".maps");

struct tick_scratch {
	struct tick_event event;
	__u8 stack[MAX_STACK_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tick_scratch);
} tick_scratch_space SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ticks SEC(".maps");

/* Fills in the lock that the current thread holds and others sleep for, if there is one. */
static __always_inline void find_blame(struct tick_event *event, struct task_struct *task)
{
	__u32 self = libc_tid(task);
	struct thread_record *thread = find_thread(self);
	struct held_lock held = {};

	if (thread)
		held = most_wanted(thread, self);
	event->blamed = held.address;
	event->waiters = held.waiters;
}

/* The thread of the target that a CPU runs right now, or 0. Reads the current task of another run
 * queue: one that leaves meanwhile yields a stale or foreign id, never a fault.
 */
static __always_inline __u32 thread_in_run_queue(__u32 cpu)
{
	const struct rq *queue = bpf_per_cpu_ptr(&runqueues, cpu);
	struct task_struct *task;

	if (!queue)
		return 0;
	task = BPF_CORE_READ(queue, curr);
	if (BPF_CORE_READ(task, tgid) != kernel_tgid)
		return 0;
	/* No pointer that the verifier trusts, as tid_of() needs. */
	return namespace_inode ? own_namespace_tid(task) : BPF_CORE_READ(task, pid);
}

static __always_inline void find_peers(struct tick_event *event, bool has_run_queues)
{
	__u32 count = 0, tid;

	for (__u32 cpu = 0; cpu < MAX_PEER_CPUS; cpu++) {
		if (cpu >= cpu_count)
			break;
		if (cpu == event->cpu)
			continue;
		tid = has_run_queues ? thread_in_run_queue(cpu) : running_thread_of(cpu);
		if (!tid || tid == event->capture.tid)
			continue;
		event->peers[count & (MAX_PEER_CPUS - 1)] = tid;
		count++;
	}
	event->peer_count = count;
}

static __noinline int send_tick(struct tick_scratch *space, struct tick_counters *counts, __u64 sp)
{
	struct tick_event *event;
	__u64 size;

	if (!space || !counts)
		return 0;
	event = &space->event;
	capture_stack(&event->capture, space->stack, sp,
		      event->blamed ? blame_stack_limit : RED_ZONE_BYTES + SAMPLE_STACK_BYTES);
	size = event->capture.stack_bytes;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	if (bpf_ringbuf_output(&ticks, space, sizeof(*event) + size, BPF_RB_NO_WAKEUP)) {
		if (event->is_user)
			counts->user_ring_full++;
		else
			counts->kernel_ring_full++;
		if (event->blamed)
			counts->blamed_ring_full++;
	}
	return 0;
}

static __always_inline int take_tick(struct bpf_perf_event_data *ctx, bool has_run_queues)
{
	__u32 tid = target_tid(), zero = 0;
	struct task_struct *task;
	struct tick_counters *counts;
	struct tick_scratch *space;
	struct pt_regs *registers;

	if (!tid || !is_recording)
		return 0;
	counts = bpf_map_lookup_elem(&tick_counts, &zero);
	space = bpf_map_lookup_elem(&tick_scratch_space, &zero);
	if (!counts || !space)
		return 0;
	task = bpf_get_current_task_btf();
	if (kernel_tgid != task->tgid)
		kernel_tgid = task->tgid;
	find_blame(&space->event, task);
	if (space->event.blamed)
		counts->blamed++;
	space->event.is_user = (ctx->cs & 3) == 3;
	space->event.capture.time_ns = bpf_ktime_get_ns();
	space->event.capture.tid = tid;
	space->event.cpu = bpf_get_smp_processor_id();
	space->event.peer_count = 0;

	if (!space->event.is_user) {
		counts->kernel++;
		/* A holder inside a system call still keeps others waiting. */
		if (!space->event.blamed)
			return 0;
		counts->kernel_blamed++;
		registers = (struct pt_regs *)bpf_task_pt_regs(task);
		STORE_REGISTERS(space->event.capture.registers, registers);
		return send_tick(space, counts, registers->sp);
	}
	counts->user++;
	find_peers(&space->event, has_run_queues);
	STORE_REGISTERS(space->event.capture.registers, ctx);
	return send_tick(space, counts, ctx->sp);
}

/* Where the kernel lists its variables (CONFIG_KALLSYMS_ALL), peers are read from the run queues.
 */
SEC("perf_event")
int on_tick(struct bpf_perf_event_data *ctx)
{
	return take_tick(ctx, true);
}

/* Elsewhere context switches tell: those that lock_waits follows, or on_switch without it. */
SEC("perf_event")
int on_tick_with_switches(struct bpf_perf_event_data *ctx)
{
	return take_tick(ctx, false);
}

SEC("tp_btf/sched_switch")
int on_switch(__u64 *ctx)
{
	struct task_struct *previous = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	bool comes = next->tgid == kernel_tgid;

	if (comes || previous->tgid == kernel_tgid)
		note_running_thread(comes ? next : 0);
	return 0;
}
