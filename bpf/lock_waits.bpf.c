// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How long did each thread of the target sleep for each futex word, and who had it?
 *
 * sys_enter of a wait takes the time and the owner word, no more: a stack copied there delays
 * the kernel's second look at the word by 1-2 us, which turns waits into EAGAIN and makes the
 * target faster than it is. sys_exit counts exactly and copies a stack in proportion to the wait;
 * the user registers are still those of the call.
 */
#include "blame.bpf.h"
#include "wait_captures.bpf.h"

/* bpf_task_pt_regs and bpf_get_current_task_btf are for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Adapted by user space while running. */
volatile __u64 threshold_ns = 100000;
/* User space adapts it every 100 ms if it gets a CPU, and where hundreds of threads wait it does
 * not at once: more captures than this in a slot double the threshold.
 */
const volatile __u32 max_captures_per_slot = 0xffffffff;
static __u64 capture_slot;
static __u32 captures_in_slot;
/* Set at the end of the recording: detaching takes several RCU grace periods, in which nothing may
 * change any more. Waits that go on stay open.
 */
volatile __u32 is_over = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct wait_key);
	__type(value, struct wait_totals);
} waits SEC(".maps");
static bool waits_are_full; /* see holders_are_full */

/* The current thread, if it is one of the target's. */
static __always_inline struct thread_record *find_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lock_wait_counters *counts;
	struct thread_record *thread;

	if (is_over || !target_tid())
		return 0;
	if (!kernel_tgid)
		kernel_tgid = task->tgid;
	thread = record_of(task);
	if (thread)
		return thread;
	counts = my_counters();
	if (counts)
		counts->thread_table_full++;
	return 0;
}

/* The row of a waiter, a word and an owner; that of all others of the word, where the table is
 * full.
 */
static __noinline struct wait_totals *totals_of(struct thread_record *thread,
						struct lock_record *lock)
{
	struct wait_totals none = {};
	struct wait_totals *sum;
	struct wait_key key = {};

	if (!thread)
		return 0;
	key.lock = thread->lock;
	key.waiter = thread->tid;
	key.owner = thread->owner;
	sum = bpf_map_lookup_elem(&waits, &key);
	if (sum)
		return sum;
	if (waits_are_full)
		return lock ? &lock->others : 0;
	if (lock && __sync_fetch_and_add(&lock->pairs, 1) >= MAX_PAIRS_PER_LOCK)
		key.owner = 0;
	if (bpf_map_update_elem(&waits, &key, &none, BPF_NOEXIST) == -E2BIG)
		waits_are_full = true;
	sum = bpf_map_lookup_elem(&waits, &key);
	if (sum)
		return sum;
	return lock ? &lock->others : 0;
}

/* The wait is over: only now is it known how long it was in all. */
static __noinline int finish_wait_for(struct thread_record *thread, struct lock_record *lock)
{
	struct lock_wait_counters *counts = my_counters();
	struct wait_totals *sum;
	__u32 bucket;

	if (!thread || !counts || !thread->waited_ns)
		return 0;
	counts->blocking++;
	sum = totals_of(thread, lock);
	if (sum) {
		__sync_fetch_and_add(&sum->count, 1);
		/* Two CPUs write the row of others only: the longest may get lost there. */
		if (thread->waited_ns > sum->max_ns)
			sum->max_ns = thread->waited_ns;
	} else {
		counts->wait_table_full++;
	}
	bucket = histogram_bucket(thread->waited_ns);
	OPAQUE(bucket);
	if (lock && bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&lock->histogram[bucket], 1);
	thread->waited_ns = 0;
	return 0;
}

static __noinline int finish_wait(struct thread_record *thread)
{
	__u64 address;

	if (!thread || !thread->waited_ns)
		return 0;
	address = thread->lock.address;
	return finish_wait_for(thread, bpf_map_lookup_elem(&locks, &address));
}

static __always_inline bool same_lock(const struct lock_key *a, const struct lock_key *b)
{
	return a->address == b->address &&
	       *(const __u64 *)&a->signature == *(const __u64 *)&b->signature;
}

/* A call that never came back, or whose end could not be seen. */
static __always_inline void forget_call(struct thread_record *thread)
{
	struct lock_record *lock;

	if (!thread->start_ns)
		return;
	lock = bpf_map_lookup_elem(&locks, &thread->lock.address);
	if (lock && thread->is_counted)
		__sync_fetch_and_add(&lock->waiters, -1);
	forget_waiter(thread);
}

static __always_inline int begin_wait(__u64 address, struct futex_signature signature)
{
	struct thread_record *thread = find_current();
	struct lock_key key;

	if (!thread)
		return 0;
	key.address = address;
	key.signature = signature;
	forget_call(thread);
	if (thread->waited_ns && !same_lock(&thread->lock, &key))
		finish_wait(thread);
	thread->lock = key;
	thread->owner = read_owner(&thread->lock);
	find_or_make_lock(&thread->lock);
	thread->start_ns = bpf_ktime_get_ns();
	return 0;
}

/* FUTEX_WAKE and its like: the current thread lets go of a lock. */
static __always_inline int release(__u64 address)
{
	struct thread_record *thread = find_current();
	struct lock_record *lock;

	if (!thread)
		return 0;
	lock = bpf_map_lookup_elem(&locks, &address);
	if (!lock)
		return 0;
	if (thread->waited_ns && thread->lock.address == address)
		finish_wait_for(thread, lock);
	if (!wants_a_lock(&lock->signature))
		return 0;
	lock->last_wake_ns = observe_release(lock, thread, bpf_ktime_get_ns());
	return 0;
}

SEC("tracepoint")
int enter_futex(struct trace_event_raw_sys_enter *ctx)
{
	__u32 operation = ctx->args[1];

	if (is_wake_operation(operation & FUTEX_CMD_MASK))
		return release(ctx->args[0]);
	if (!is_wait_operation(operation & FUTEX_CMD_MASK))
		return 0;
	return begin_wait(ctx->args[0], signature_of(operation, ctx->args[2], ctx->args[3]));
}

/* futex_wait(uaddr, val, mask, flags, timeout, clockid), since 6.7. Its private flag has the value
 * of FUTEX_PRIVATE_FLAG.
 */
SEC("tracepoint")
int enter_futex_wait(struct trace_event_raw_sys_enter *ctx)
{
	__u32 flags = ctx->args[3] & FUTEX_PRIVATE_FLAG;

	return begin_wait(ctx->args[0],
			  signature_of(FUTEX_WAIT_BITSET | flags, ctx->args[1], ctx->args[4]));
}

/* futex_wake(uaddr, mask, nr, flags), since 6.7. */
SEC("tracepoint")
int enter_futex_wake(struct trace_event_raw_sys_enter *ctx)
{
	return release(ctx->args[0]);
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

	if (!target_tid())
		return 0;
	bpf_probe_read_user(&first, sizeof(first), (void *)ctx->args[0]);
	return begin_wait(first.uaddr,
			  signature_of(FUTEX_WAIT_BITSET | (first.flags & FUTEX_PRIVATE_FLAG),
				       first.val, ctx->args[3]));
}

/* A wait ended whose start was not seen: it began before the attach, or the table was full. */
static __always_inline int end_unseen_wait(__s64 result)
{
	struct lock_wait_counters *counts = my_counters();

	if (!counts || !was_asleep(outcome_of(result)))
		return 0;
	counts->blocking++;
	counts->start_unseen++;
	return 0;
}

/* After a wake: counts it, and samples the stack in proportion to the waiter time that it ended. */
static __always_inline int end_wake(struct thread_record *thread, __s64 result)
{
	struct lock_wait_counters *counts = my_counters();
	struct pt_regs *registers;
	struct captured_stack stack = {.is_copied = true};
	struct lock_record *lock;
	struct lock_key key = {};
	__u64 weight_ns;

	registers = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	key.address = registers->di;
	lock = bpf_map_lookup_elem(&locks, &key.address);
	if (!lock || !counts || result < 0)
		return 0;
	__sync_fetch_and_add(&lock->wakes, 1);
	if (!result && !is_pi_lock(lock->signature.operation)) {
		__sync_fetch_and_add(&lock->wasted_wakes, 1);
		return 0;
	}
	if (!wants_a_lock(&lock->signature))
		return 0;
	/* Waiters are captured at the threshold; one stack in four of theirs is enough here. */
	weight_ns = capture_weight(lock->last_wake_ns, threshold_ns * 4, bpf_get_prandom_u32());
	if (!weight_ns && lock->wake_captures)
		return 0;
	lock->wake_captures++;
	counts->wake_captures++;
	key.signature = lock->signature;
	return capture(thread, &key, weight_ns, EVENT_WAKE, &stack);
}

/* Two CPUs may count one capture less; it is a brake, no account. */
static __always_inline void hold_capture_rate(__u64 now)
{
	__u64 slot = now >> CAPTURE_SLOT_SHIFT;

	if (capture_slot != slot) {
		capture_slot = slot;
		captures_in_slot = 0;
	}
	if (++captures_in_slot <= max_captures_per_slot)
		return;
	captures_in_slot = 0;
	if (threshold_ns < MAX_THRESHOLD_NS)
		threshold_ns *= 2;
}

/* `is_over`: the wait ends with this call, whether it got what it waited for or gave up. */
static __always_inline int end_sleep(struct thread_record *thread, struct lock_record *lock,
				     __u64 wait_ns, __u64 now, bool is_over)
{
	struct lock_wait_counters *counts = my_counters();
	__u64 threshold = capture_threshold(threshold_ns, &thread->lock.signature);
	__u64 weight_ns = capture_weight(wait_ns, threshold, bpf_get_prandom_u32());
	struct wait_totals *sum = totals_of(thread, lock);
	struct captured_stack stack = {.is_copied = true};
	bool is_sample = lock && (weight_ns || !lock->captures);

	if (sum)
		__sync_fetch_and_add(&sum->total_ns, wait_ns);
	thread->waited_ns += wait_ns;
	/* The first wait for a word is captured without weight: a lock needs a name. */
	if (is_sample)
		__sync_fetch_and_add(&lock->captures, 1);
	if (weight_ns && wait_ns >= threshold)
		hold_capture_rate(now);
	if (stack_mode != STACKS_COPIED) {
		capture_unwound(thread, weight_ns, wait_ns, is_sample);
	} else if (is_sample) {
		if (counts)
			counts->captures++;
		capture(thread, &thread->lock, weight_ns, EVENT_WAIT, &stack);
	}
	if (is_over)
		finish_wait_for(thread, lock);
	return 0;
}

/* What calls came to that did not end as they should: the lock was free, or the call was cut off.
 * The time of the latter is in the totals as well.
 */
static __always_inline void count_outcome(struct lock_record *lock, enum futex_outcome outcome,
					  __u64 wait_ns)
{
	if (!lock)
		return;
	if (outcome == OUTCOME_NOT_BLOCKED) {
		__sync_fetch_and_add(&lock->not_blocked, 1);
	} else if (outcome == OUTCOME_INTERRUPTED) {
		__sync_fetch_and_add(&lock->interrupted, 1);
		__sync_fetch_and_add(&lock->interrupted_ns, wait_ns);
	} else if (outcome == OUTCOME_TIMED_OUT) {
		__sync_fetch_and_add(&lock->timed_out, 1);
		__sync_fetch_and_add(&lock->timed_out_ns, wait_ns);
	}
}

/* The end of a call that began as a wait. */
static __always_inline int end_wait(struct thread_record *thread, __s64 result)
{
	enum futex_outcome outcome = outcome_of(result);
	struct lock_record *lock;
	__u64 now = bpf_ktime_get_ns();
	__u64 start_ns = thread->start_ns > begins_ns ? thread->start_ns : begins_ns;
	__u64 wait_ns = now > start_ns ? now - start_ns : 0;

	lock = bpf_map_lookup_elem(&locks, &thread->lock.address);
	if (lock && thread->is_counted)
		observe_return(lock, thread, outcome == OUTCOME_BLOCKED, now);
	forget_waiter(thread);
	if (!begins_ns)
		return 0;
	count_outcome(lock, outcome, wait_ns);
	if (was_asleep(outcome))
		return end_sleep(thread, lock, wait_ns, now,
				 ends_wait(&thread->lock.signature, outcome));
	/* What came before in other calls of the same wait was blocked time all the same. */
	if (outcome == OUTCOME_FAILED)
		finish_wait(thread);
	return 0;
}

static __always_inline int end_call(__s64 result, bool has_operation)
{
	struct thread_record *thread = find_current();
	struct pt_regs *registers;

	if (!thread)
		return 0;
	if (thread->start_ns)
		return end_wait(thread, result);
	if (!begins_ns)
		return 0;
	registers = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (!has_operation)
		return end_unseen_wait(result);
	if (is_wake_operation(registers->si & FUTEX_CMD_MASK))
		return end_wake(thread, result);
	if (is_wait_operation(registers->si & FUTEX_CMD_MASK))
		return end_unseen_wait(result);
	return 0;
}

SEC("tracepoint")
int exit_futex(struct trace_event_raw_sys_exit *ctx)
{
	/* Loaded once: the verifier refuses an address that is computed from the context. */
	__s64 result = ctx->ret;

	OPAQUE(result);
	return end_call(result, true);
}

/* Of futex_wait and futex_waitv. */
SEC("tracepoint")
int exit_futex_wait(struct trace_event_raw_sys_exit *ctx)
{
	__s64 result = ctx->ret;

	OPAQUE(result);
	return end_call(result, false);
}

SEC("tracepoint")
int exit_futex_wake(struct trace_event_raw_sys_exit *ctx)
{
	struct thread_record *thread = find_current();

	if (!begins_ns || !thread)
		return 0;
	return end_wake(thread, ctx->ret);
}

static __always_inline void count_if_it_waits(struct thread_record *thread, __u64 now)
{
	struct lock_record *lock;

	if (!thread->start_ns || thread->is_counted || !wants_a_lock(&thread->lock.signature))
		return;
	lock = bpf_map_lookup_elem(&locks, &thread->lock.address);
	if (lock)
		count_waiter(lock, thread, now);
}

static __always_inline void leave_cpu(struct task_struct *task, bool is_preempted, __u64 now)
{
	struct thread_record *thread = record_of(task);
	__u32 state = HOLDER_BLOCKED;

	if (!thread)
		return;
	if (is_preempted || !task->__state) {
		state = HOLDER_RUNNABLE;
	} else {
		count_if_it_waits(thread, now);
		if (thread->is_counted)
			state = HOLDER_WAITING;
	}
	change_state(thread, state, now);
	thread->last_off_state = state;
	thread->off_since_ns = now;
	thread->off_until_ns = 0;
}

static __always_inline void get_cpu(struct task_struct *task, __u64 now)
{
	struct thread_record *thread = record_of(task);

	if (!thread || thread->state == HOLDER_RUNNING)
		return;
	change_state(thread, HOLDER_RUNNING, now);
	thread->off_until_ns = now;
}

SEC("tp_btf/sched_switch")
int on_switch(__u64 *ctx)
{
	struct task_struct *previous = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	int tgid = kernel_tgid;
	bool leaves, comes;
	__u64 now;

	if (!tgid || is_over)
		return 0;
	leaves = previous->tgid == tgid;
	comes = next->tgid == tgid;
	if (!leaves && !comes)
		return 0;
	now = bpf_ktime_get_ns();
	if (leaves)
		leave_cpu(previous, ctx[0], now);
	if (comes)
		get_cpu(next, now);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_thread_exit(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct thread_record *thread;
	__u32 key;

	if (is_over || !kernel_tgid || task->tgid != kernel_tgid)
		return 0;
	key = libc_tid(task);
	thread = bpf_map_lookup_elem(&threads, &key);
	if (!thread)
		return 0;
	forget_call(thread);
	finish_wait(thread);
	if (thread->is_off_cpu_holder)
		add_sleeping_holders(-1);
	bpf_map_delete_elem(&threads, &key);
	return 0;
}
