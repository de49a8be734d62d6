// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How long did each thread of the target sleep for each futex word, and who had it?
 *
 * sys_enter takes a timestamp and the owner word, nothing more: a stack copied there delays the
 * kernel's second look at the word by 1-2 us, which turns waits into EAGAIN and makes the target
 * faster than it is. sys_exit counts exactly and copies a stack in proportion to the wait; the user
 * registers are still those of the call.
 */
#include "lock_wait_decisions.h"
#include "target.bpf.h"
#include "user_stack.bpf.h"
#include "waiters.bpf.h"

/* bpf_task_pt_regs and bpf_get_current_task_btf are for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 stack_limit = MAX_STACK_BYTES;
/* Adapted by user space while running. */
volatile __u64 threshold_ns = 100000;
/* Set once everything is attached, which takes several RCU grace periods: before that, ends of
 * waits are seen whose starts could not be.
 */
volatile __u32 is_recording = 0;

static const struct lock_totals no_totals = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct open_wait);
} open_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct wait_key);
	__type(value, struct wait_totals);
} waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lock_wait_counters);
} counters SEC(".maps");

struct wait_scratch {
	struct wait_event event;
	__u8 stack[MAX_STACK_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wait_scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events SEC(".maps");

static __always_inline struct lock_wait_counters *my_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline struct lock_totals *totals_of(const struct lock_key *lock)
{
	struct lock_totals *totals = bpf_map_lookup_elem(&locks, lock);
	struct lock_wait_counters *counts;

	if (totals)
		return totals;
	bpf_map_update_elem(&locks, lock, &no_totals, BPF_NOEXIST);
	totals = bpf_map_lookup_elem(&locks, lock);
	counts = my_counters();
	if (!totals && counts)
		counts->lock_table_full++;
	return totals;
}

static __always_inline void remember_holder(__u32 owner, const struct lock_key *lock)
{
	struct lock_key *hint = bpf_map_lookup_elem(&waited_on, &owner);

	if (!hint)
		bpf_map_update_elem(&waited_on, &owner, lock, BPF_ANY);
	else if (hint->address != lock->address)
		*hint = *lock;
}

static __always_inline int begin_wait(__u32 tid, __u64 address, struct futex_signature signature)
{
	struct open_wait wait = {};
	struct lock_wait_counters *counts;
	struct lock_totals *totals;

	wait.lock.address = address;
	wait.lock.signature = signature;
	wait.owner = read_owner(&wait.lock);
	if (wait.owner) {
		remember_holder(wait.owner, &wait.lock);
		totals = totals_of(&wait.lock);
		if (totals) {
			__sync_fetch_and_add(&totals->waiters, 1);
			wait.is_counted = 1;
		}
	}
	wait.start_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&open_waits, &tid, &wait, BPF_ANY)) {
		counts = my_counters();
		if (counts)
			counts->open_table_full++;
	}
	return 0;
}

SEC("tracepoint")
int enter_futex(struct trace_event_raw_sys_enter *ctx)
{
	__u32 tid = target_tid();
	__u32 operation = ctx->args[1];

	if (!tid || !is_wait_operation(operation & FUTEX_CMD_MASK))
		return 0;
	return begin_wait(tid, ctx->args[0], signature_of(operation, ctx->args[2], ctx->args[3]));
}

/* futex_wait(uaddr, val, mask, flags, timeout, clockid), since 6.7. Its private flag has the value
 * of FUTEX_PRIVATE_FLAG.
 */
SEC("tracepoint")
int enter_futex_wait(struct trace_event_raw_sys_enter *ctx)
{
	__u32 tid = target_tid();
	__u32 flags = ctx->args[3] & FUTEX_PRIVATE_FLAG;

	if (!tid)
		return 0;
	return begin_wait(tid, ctx->args[0],
			  signature_of(FUTEX_WAIT_BITSET | flags, ctx->args[1], ctx->args[4]));
}

/* futex_waitv(waiters, nr_futexes, flags, timeout, clockid), since 5.16: the first word stands for
 * all of them.
 */
SEC("tracepoint")
int enter_futex_waitv(struct trace_event_raw_sys_enter *ctx)
{
	struct {
		__u64 val;
		__u64 uaddr;
		__u32 flags;
		__u32 reserved;
	} first = {};
	__u32 tid = target_tid();

	if (!tid)
		return 0;
	bpf_probe_read_user(&first, sizeof(first), (void *)ctx->args[0]);
	return begin_wait(tid, first.uaddr,
			  signature_of(FUTEX_WAIT_BITSET | (first.flags & FUTEX_PRIVATE_FLAG),
				       first.val, ctx->args[3]));
}

static __noinline int capture_wait(struct open_wait *wait, __u32 tid, __u64 now, __u64 weight_ns)
{
	struct lock_wait_counters *counts = my_counters();
	struct pt_regs *registers;
	struct wait_scratch *space;
	__u32 zero = 0;
	__u64 size;

	space = bpf_map_lookup_elem(&scratch, &zero);
	if (!space || !counts || !wait)
		return 0;
	counts->captures++;
	registers = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	STORE_REGISTERS(space->event.capture.registers, registers);
	space->event.capture.time_ns = now;
	space->event.capture.tid = tid;
	space->event.lock = wait->lock;
	space->event.wait_ns = now - wait->start_ns;
	space->event.weight_ns = weight_ns;
	space->event.owner = wait->owner;
	capture_stack(&space->event.capture, space->stack, registers->sp, stack_limit);
	size = space->event.capture.stack_bytes;
	if (!size)
		counts->stack_unreadable++;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	/* A wakeup costs the target 1.2 us; user space polls instead. */
	if (bpf_ringbuf_output(&events, space, sizeof(space->event) + size, BPF_RB_NO_WAKEUP))
		counts->capture_ring_full++;
	return 0;
}

static __always_inline void count_wait(struct open_wait *wait, struct lock_totals *totals,
				       __u32 tid, __u64 wait_ns)
{
	struct wait_key key = {.lock = wait->lock, .waiter = tid, .owner = wait->owner};
	struct lock_wait_counters *counts = my_counters();
	struct wait_totals *sum = bpf_map_lookup_elem(&waits, &key);
	struct wait_totals none = {};

	if (!sum) {
		if (totals && __sync_fetch_and_add(&totals->pairs, 1) >= MAX_PAIRS_PER_LOCK)
			key.owner = 0;
		bpf_map_update_elem(&waits, &key, &none, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&waits, &key);
	}
	if (!sum) {
		if (counts)
			counts->wait_table_full++;
		return;
	}
	/* Not atomic: the waiter is part of the key, and a thread is on one CPU only. */
	sum->count++;
	sum->total_ns += wait_ns;
	if (wait_ns > sum->max_ns)
		sum->max_ns = wait_ns;
}

/* A wait ended whose start was not seen: it began before the attach, or the table was full. The
 * operation still stands in the second argument register; a wake also returns a count.
 */
static __always_inline int end_unseen_wait(__s64 result)
{
	struct lock_wait_counters *counts = my_counters();
	struct pt_regs *registers;

	registers = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (!counts || outcome_of(result) != OUTCOME_BLOCKED ||
	    !is_wait_operation(registers->si & FUTEX_CMD_MASK))
		return 0;
	counts->blocking++;
	counts->start_unseen++;
	return 0;
}

static __always_inline int end_blocked(struct open_wait *wait, struct lock_totals *totals,
				       __u32 tid, __u64 now)
{
	__u64 wait_ns = now - wait->start_ns;
	struct lock_wait_counters *counts = my_counters();
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 threshold = capture_threshold(threshold_ns, &wait->lock.signature);
	__u64 weight_ns = capture_weight(wait_ns, threshold, bpf_get_prandom_u32());
	__u32 bucket = histogram_bucket(wait_ns);

	if (counts)
		counts->blocking++;
	count_wait(wait, totals, tid, wait_ns);
	/* Whoever is woken for a lock probably owns it next. */
	if (wait->owner)
		remember_holder(own_namespace_tid(task), &wait->lock);
	OPAQUE(bucket);
	if (totals && bucket < HISTOGRAM_BUCKETS) {
		__sync_fetch_and_add(&totals->histogram[bucket], 1);
		/* The first wait for a word is captured without weight: a lock needs a name. */
		if (!weight_ns && totals->captures)
			return 0;
		__sync_fetch_and_add(&totals->captures, 1);
	} else if (!weight_ns) {
		return 0;
	}
	return capture_wait(wait, tid, now, weight_ns);
}

SEC("tracepoint")
int exit_futex(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = target_tid();
	struct lock_totals *totals;
	struct open_wait *found;
	struct open_wait wait;
	__u64 now;

	if (!tid)
		return 0;
	found = bpf_map_lookup_elem(&open_waits, &tid);
	if (!found)
		return is_recording ? end_unseen_wait(ctx->ret) : 0;
	now = bpf_ktime_get_ns();
	wait = *found;
	bpf_map_delete_elem(&open_waits, &tid);
	totals = totals_of(&wait.lock);
	if (totals && wait.is_counted)
		__sync_fetch_and_add(&totals->waiters, -1);
	if (!is_recording)
		return 0;

	switch (outcome_of(ctx->ret)) {
	case OUTCOME_BLOCKED:
		return end_blocked(&wait, totals, tid, now);
	case OUTCOME_NOT_BLOCKED:
		if (totals)
			__sync_fetch_and_add(&totals->not_blocked, 1);
		return 0;
	case OUTCOME_INTERRUPTED:
		if (totals) {
			__sync_fetch_and_add(&totals->interrupted, 1);
			__sync_fetch_and_add(&totals->interrupted_ns, now - wait.start_ns);
		}
		return 0;
	case OUTCOME_TIMED_OUT:
		if (totals) {
			__sync_fetch_and_add(&totals->timed_out, 1);
			__sync_fetch_and_add(&totals->timed_out_ns, now - wait.start_ns);
		}
		return 0;
	case OUTCOME_FAILED:
		return 0;
	}
	return 0;
}
