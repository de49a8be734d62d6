// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How long did each thread of the target sleep for each futex word, and who had it?
 *
 * A wait begins where the thread leaves the CPU within the call, and not at sys_enter: work there
 * delays the kernel's second look at the word, which turns waits into EAGAIN and makes the target
 * faster than it is; and calls that come too late to sleep cost nothing so. sys_exit counts exactly
 * and copies a stack in proportion to the wait; the user registers are still those of the call.
 */
#include "blame.bpf.h"
#include "futex_calls.bpf.h"
#include "running_threads.bpf.h"
#include "wait_captures.bpf.h"
#include "wait_rows.bpf.h"

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

/* The current thread, if it is one of the target's. */
static __always_inline struct thread_record *find_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct lock_wait_counters *counts;
	struct thread_record *thread;

	if (is_over || !is_of_target(task))
		return 0;
	thread = record_of(task);
	if (thread)
		return thread;
	counts = my_counters();
	if (counts)
		counts->thread_table_full++;
	return 0;
}

/* A call that never came back, or whose end could not be seen. */
static __always_inline void forget_call(struct thread_record *thread)
{
	struct lock_record *lock;

	if (!thread->start_ns)
		return;
	lock = find_lock(thread->lock.address);
	if (lock && thread->is_counted)
		__sync_fetch_and_add(&lock->waiters, -1);
	forget_waiter(thread);
}

/* The thread leaves the CPU, by its own will: for a futex word? */
static __always_inline void begin_wait(struct thread_record *thread, struct task_struct *task,
				       __u64 now)
{
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
	struct lock_record *lock;
	struct lock_key key = {};

	if (!read_own_wait_call(registers, &key))
		return;
	/* Nobody woke it for good: it sleeps on, within the same call. */
	if (thread->start_ns && thread->lock.address == key.address)
		return;
	forget_call(thread);
	if (thread->waited_ns && !same_lock(&thread->lock, &key))
		finish_wait(thread);
	thread->lock = key;
	thread->start_ns = now;
	lock = find_or_make_lock(&key);
	/* Reading it takes 65 ns, and nobody asks for it where holders are not followed. */
	thread->owner = !lock || is_watched(lock, now) ? read_owner(&key) : 0;
	if (lock && wants_a_lock(&key.signature))
		count_waiter(lock, thread, now);
}

/* The thread lets go of the lock. Whether its stack is captured after the call is drawn in
 * proportion to the waiter time that it ends. Of waiters all are captured from the threshold on;
 * one in four of that is enough here.
 */
static __always_inline __u32 release(struct thread_record *thread, struct lock_record *lock,
				     __u64 now)
{
	__u64 ended_ns = observe_release(lock, thread, now);

	thread->wake_weight_ns = capture_weight(ended_ns, threshold_ns * 4, bpf_get_prandom_u32());
	return thread->wake_weight_ns || !lock->wake_captures ? WAKE_DRAWN : WAKE_SEEN;
}

/* Whether the holder of the lock is followed now. The clock, which takes 65 ns on a virtual
 * machine, is asked even where it was not followed so far: after a burst of waits the next thing to
 * be seen may be this release, many slots later.
 */
static __always_inline bool is_released(struct lock_record *lock, __u64 *now)
{
	if (!wants_a_lock(&lock->signature))
		return false;
	*now = bpf_ktime_get_ns();
	return is_watched(lock, *now);
}

/* Before the woken thread can run: whose lock it gets is known before it says that it is back. */
SEC("tp_btf/sched_waking")
int on_waking(__u64 *ctx)
{
	struct task_struct *woken = (struct task_struct *)ctx[0];
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread_record *thread, *waiter;
	struct pt_regs *registers;
	struct lock_record *lock;
	__u64 now;

	if (is_over || !kernel_tgid || task->tgid != kernel_tgid || woken->tgid != kernel_tgid)
		return 0;
	registers = (struct pt_regs *)bpf_task_pt_regs(task);
	if (!is_wake_call(registers))
		return 0;
	lock = find_lock(registers->di);
	if (!lock || !is_released(lock, &now))
		return 0;
	/* An interrupt of the call may wake others. */
	waiter = find_thread(libc_tid(woken));
	if (!waiter || !waiter->is_counted || waiter->lock.address != lock->address)
		return 0;
	thread = record_of(task);
	if (thread && thread->wake == WAKE_NONE)
		thread->wake = release(thread, lock, now);
	return 0;
}

/* After FUTEX_WAKE and its like. */
static __always_inline int end_wake(struct thread_record *thread, struct pt_regs *registers,
				    __s64 result)
{
	struct lock_wait_counters *counts = my_counters();
	struct captured_stack stack = {.is_copied = true};
	struct lock_record *lock = find_lock(registers->di);
	struct lock_key key = {};
	__u32 wake;
	__u64 now;

	wake = thread->wake;
	thread->wake = WAKE_NONE;
	if (!lock || !counts || result < 0)
		return 0;
	if (thread->waited_ns && thread->lock.address == lock->address)
		finish_wait_for(thread, lock);
	/* Nobody slept any more: those who wait were woken by another, who was quicker. */
	if (wake == WAKE_NONE && is_released(lock, &now))
		wake = release(thread, lock, now);
	__sync_fetch_and_add(&lock->wakes, 1);
	key.address = lock->address;
	key.signature = lock->signature;
	if (!result && !is_pi_lock(key.signature.operation)) {
		__sync_fetch_and_add(&lock->wasted_wakes, 1);
		return 0;
	}
	if (wake != WAKE_DRAWN)
		return 0;
	lock->wake_captures++;
	counts->wake_captures++;
	return capture(thread, &key, thread->wake_weight_ns, EVENT_WAKE, &stack);
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
	struct captured_stack stack = {.is_copied = true};
	bool is_sample = lock && (weight_ns || !lock->captures);

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

/* Sleeps that a timeout or a signal ended. Their time is in the totals as well. */
static __always_inline void count_cut_off(struct lock_record *lock, enum futex_outcome outcome,
					  __u64 wait_ns)
{
	if (outcome == OUTCOME_INTERRUPTED) {
		__sync_fetch_and_add(&lock->interrupted, 1);
		__sync_fetch_and_add(&lock->interrupted_ns, wait_ns);
	} else if (outcome == OUTCOME_TIMED_OUT) {
		__sync_fetch_and_add(&lock->timed_out, 1);
		__sync_fetch_and_add(&lock->timed_out_ns, wait_ns);
	}
}

/* The end of a call that slept. */
static __always_inline int end_wait(struct thread_record *thread, __s64 result)
{
	enum futex_outcome outcome = outcome_of(result);
	struct lock_record *lock;
	__u64 now = bpf_ktime_get_ns();
	__u64 start_ns = thread->start_ns > begins_ns ? thread->start_ns : begins_ns;
	__u64 wait_ns = now > start_ns ? now - start_ns : 0;

	lock = find_lock(thread->lock.address);
	if (!thread->off_until_ns)
		thread->off_until_ns = now;
	if (lock && thread->is_counted)
		observe_return(lock, thread, outcome == OUTCOME_BLOCKED, now);
	forget_waiter(thread);
	if (!begins_ns)
		return 0;
	if (lock)
		count_cut_off(lock, outcome, wait_ns);
	if (was_asleep(outcome))
		return end_sleep(thread, lock, wait_ns, now,
				 ends_wait(&thread->lock.signature, outcome));
	return finish_wait(thread);
}

/* The end of a call that began as a wait and was not seen to sleep: the word had changed, the time
 * was over already, or it has slept since before the attach.
 */
static __always_inline int end_without_sleep(struct thread_record *thread,
					     struct pt_regs *registers, __s64 result)
{
	struct lock_wait_counters *counts = my_counters();
	enum futex_outcome outcome = outcome_of(result);
	struct lock_record *lock;
	struct lock_key key = {};

	if (!counts || !read_own_wait_call(registers, &key))
		return 0;
	if (was_asleep(outcome) && !thread->off_since_ns) {
		counts->blocking++;
		counts->start_unseen++;
		return 0;
	}
	/* What came before in other calls of the same wait was blocked time all the same. */
	if (outcome == OUTCOME_FAILED || !same_lock(&thread->lock, &key))
		finish_wait(thread);
	if (outcome == OUTCOME_FAILED)
		return 0;
	lock = find_or_make_lock(&key);
	if (lock)
		__sync_fetch_and_add(&lock->not_blocked, 1);
	return 0;
}

static __always_inline int end_call(__s64 result)
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
	if (is_wake_call(registers))
		return end_wake(thread, registers, result);
	return end_without_sleep(thread, registers, result);
}

/* Of all futex calls. */
SEC("tracepoint")
int exit_futex(struct trace_event_raw_sys_exit *ctx)
{
	/* Loaded once: the verifier refuses an address that is computed from the context. */
	__s64 result = ctx->ret;

	OPAQUE(result);
	return end_call(result);
}

static __always_inline void leave_cpu(struct task_struct *task, bool is_preempted, __u64 now)
{
	__u32 state = HOLDER_BLOCKED, task_state = task->__state;
	struct thread_record *thread;

	/* Its record is gone, and the last switch must not make another. */
	if (is_ending(task))
		return;
	thread = record_of(task);
	if (!thread)
		return;
	if (is_preempted || !task_state) {
		state = HOLDER_RUNNABLE;
	} else {
		if (may_sleep_for_futex(task_state))
			begin_wait(thread, task, now);
		if (thread->is_counted)
			state = HOLDER_WAITING;
	}
	change_state(thread, state, now);
	thread->last_off_state = state;
	thread->off_since_ns = now;
	thread->off_until_ns = 0;
}

static __always_inline bool holds_any(const struct thread_record *thread)
{
	for (int i = 0; i < MAX_HELD_LOCKS; i++)
		if (thread->held[i])
			return true;
	return false;
}

/* `now`: 0 if nobody has asked yet. */
static __always_inline void get_cpu(struct task_struct *task, __u64 now)
{
	struct thread_record *thread = find_thread(libc_tid(task));

	if (!thread || thread->state == HOLDER_RUNNING)
		return;
	/* A waiter that holds nothing: the end of its call, which comes next, knows the time. */
	if (!now && thread->is_counted && !thread->is_off_cpu_holder && !holds_any(thread)) {
		thread->state = HOLDER_RUNNING;
		return;
	}
	if (!now)
		now = bpf_ktime_get_ns();
	change_state(thread, HOLDER_RUNNING, now);
	thread->off_until_ns = now;
}

SEC("tp_btf/sched_switch")
int on_switch(__u64 *ctx)
{
	struct task_struct *previous = (struct task_struct *)ctx[1];
	struct task_struct *next = (struct task_struct *)ctx[2];
	bool leaves, comes;
	__u64 now = 0;
	int tgid;

	/* It may be the first event of the target, which tells its kernel_tgid. */
	if (is_over || (!kernel_tgid && !is_of_target(previous)))
		return 0;
	tgid = kernel_tgid;
	leaves = previous->tgid == tgid;
	comes = next->tgid == tgid;
	if (!leaves && !comes)
		return 0;
	note_running_thread(comes ? next : 0);
	if (leaves) {
		now = bpf_ktime_get_ns();
		leave_cpu(previous, ctx[0], now);
	}
	if (comes)
		get_cpu(next, now);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_thread_exit(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct thread_record *thread;

	if (is_over || !kernel_tgid || task->tgid != kernel_tgid)
		return 0;
	thread = find_thread(libc_tid(task));
	if (!thread)
		return 0;
	forget_call(thread);
	finish_wait(thread);
	if (thread->is_off_cpu_holder)
		add_sleeping_holders(-1);
	forget_thread(thread);
	return 0;
}
