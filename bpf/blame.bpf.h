/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Whose is the time that waiters spend, and what did that thread do meanwhile?
 *
 * Waiter time of a lock accrues as waiters x time. Whoever is seen to hold the lock is charged with
 * it: the owner that a new waiter reads from the word, the thread that wakes the next one, or the
 * woken thread itself. A holder that leaves or gets a CPU closes an account and opens the next.
 */
#ifndef QUARREL_BLAME_BPF_H
#define QUARREL_BLAME_BPF_H

#include "holder_rows.bpf.h"
#include "waiters.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lock_wait_counters);
} counters SEC(".maps");

/* Holders that are off the CPU while others wait, and waits for readers that no word names: only
 * then is it worth looking at the stacks of threads that sleep.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __s64);
} sleeping_holders SEC(".maps");

/* When the recording began; 0: not yet. Attaching takes several RCU grace periods, in which events
 * are seen already: what was before counts nothing.
 */
volatile __u64 begins_ns = 0;

static __always_inline struct lock_wait_counters *my_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void add_sleeping_holders(__s64 count)
{
	__u32 zero = 0;
	__s64 *holders = bpf_map_lookup_elem(&sleeping_holders, &zero);

	if (holders)
		__sync_fetch_and_add(holders, count);
}

static __noinline int charge_state(__u64 address, __u32 holder, __u32 state, __u64 next_address,
				   __u64 amount)
{
	struct lock_wait_counters *counts;
	struct holder_row *row;
	struct holder_key key = {
	    .address = address,
	    .next_address = next_address,
	    .holder = holder,
	    .is_written = 1,
	};
	__u32 slot;

	if (!amount || !begins_ns)
		return 0;
	slot = holder_row_slot(&key);
	row = bpf_map_lookup_elem(&holder_times, &slot);
	if (row) {
		__sync_fetch_and_add(&row->waiter_ns[state % HOLDER_STATES], amount);
		return 0;
	}
	counts = my_counters();
	if (counts)
		counts->holder_table_full++;
	return 0;
}

/* Brings accrued_ns up to `now`, in or at the end of a slot. Two CPUs that do so at once share the
 * time between them.
 */
static __always_inline void settle_in(struct lock_record *lock, __u64 slot, __u64 now)
{
	__u64 since = __sync_lock_test_and_set(&lock->settled_ns, now);
	__s32 waiters = lock->waiters;

	if (since && since < begins_ns)
		since = begins_ns;
	if (waiters > 0 && since && now > since)
		__sync_fetch_and_add(&lock->accrued_ns,
				     waiter_time(waiters, lock->scale, slot, since, now));
}

static __always_inline void settle(struct lock_record *lock, __u64 now)
{
	settle_in(lock, lock->slot, now);
}

static __always_inline __u64 take_accrued(struct lock_record *lock)
{
	return lock->accrued_ns ? __sync_lock_test_and_set(&lock->accrued_ns, 0) : 0;
}

/* Charges time in a state. A thread that slept for this very lock did not hold it meanwhile: it was
 * woken for it, found it taken, and slept again; the time is nobody's.
 */
static __always_inline void charge_in_state(__u64 address, struct thread_record *thread,
					    __u32 state, __u64 amount)
{
	__u32 tid = thread->libc_tid;

	if (state != HOLDER_WAITING)
		charge_state(address, tid, state, 0, amount);
	else if (thread->lock.address == address)
		charge_state(address, 0, HOLDER_RUNNING, 0, amount);
	else
		charge_state(address, tid, state, thread->lock.address, amount);
}

/* Charges `amount`, accrued until `now`, to a thread. If it was not known to be the holder when it
 * last left the CPU, the part of that time is told apart now.
 */
static __noinline int charge_thread(struct lock_record *lock, struct thread_record *thread,
				    __u64 amount, __u64 now)
{
	__u64 off;

	if (!lock || !thread || !amount)
		return 0;
	if (thread->state == HOLDER_RUNNING && thread->off_until_ns > lock->accrued_since_ns) {
		off = part_within(amount, lock->accrued_since_ns, now, thread->off_since_ns,
				  thread->off_until_ns);
		charge_in_state(lock->address, thread, thread->last_off_state, off);
		amount -= off;
	}
	charge_in_state(lock->address, thread, thread->state, amount);
	return 0;
}

/* Charges the holder, whose record may be gone or was never made, with all that has accrued. */
static __always_inline void charge_known_holder(struct lock_record *lock,
						struct thread_record *thread, __u64 now)
{
	__u64 amount = take_accrued(lock);

	if (thread)
		charge_thread(lock, thread, amount, now);
	else
		charge_state(lock->address, lock->holder, HOLDER_RUNNING, 0, amount);
	lock->accrued_since_ns = now;
}

/* The same; without a holder, it stays for the next to be seen. */
static __always_inline void charge_holder(struct lock_record *lock, __u64 now)
{
	__u32 holder = lock->holder;

	if (holder)
		charge_known_holder(lock, find_thread(holder), now);
}

/* The woken thread had the lock first after all, or nobody else showed up. */
static __always_inline void close_handoff(struct lock_record *lock)
{
	__u64 amount = 0;

	if (lock->handoff_ns)
		amount = __sync_lock_test_and_set(&lock->handoff_ns, 0);
	if (begins_ns && amount)
		__sync_fetch_and_add(&lock->all_handoffs_ns, amount);
	lock->is_provisional = 0;
}

/* A slot begins: holders are followed more or less closely than before. Of two CPUs that see it
 * first, one does this.
 */
static __noinline int turn_slot(struct lock_record *lock, __u64 slot)
{
	__u64 before, start;
	__u32 scale;

	if (!lock)
		return 0;
	before = lock->slot;
	if (before >= slot || __sync_val_compare_and_swap(&lock->slot, before, slot) != before)
		return 0;
	/* With a pause between them, nothing is known of the slot before. */
	scale = scale_of(slot, before + 1 == slot ? lock->slot_waits : 0);
	lock->slot_waits = 0;
	if (scale == lock->scale)
		return 0;
	start = slot_start(before + 1);
	if (!lock->scale) {
		lock->settled_ns = start;
		lock->accrued_since_ns = start;
	} else {
		settle_in(lock, before, start);
	}
	if (!scale) {
		charge_holder(lock, start);
		close_handoff(lock);
		lock->holder = 0;
		lock->is_sampled = 1;
	}
	lock->scale = scale;
	return 0;
}

/* Whether the holder of the lock is followed now. */
static __always_inline bool is_watched(struct lock_record *lock, __u64 now)
{
	__u64 slot = slot_of(now);

	if (lock->slot != slot)
		turn_slot(lock, slot);
	return lock->scale;
}

/* Another thread took the lock before the woken one did: the time is its own. */
static __always_inline void undo_handoff(struct lock_record *lock)
{
	if (lock->handoff_ns)
		__sync_fetch_and_add(&lock->accrued_ns,
				     __sync_lock_test_and_set(&lock->handoff_ns, 0));
	lock->is_provisional = 0;
}

static __always_inline void note_sleeping_holder(struct thread_record *thread)
{
	if (thread->state == HOLDER_RUNNING || thread->is_off_cpu_holder)
		return;
	thread->is_off_cpu_holder = 1;
	add_sleeping_holders(1);
}

/* A waiter has read in the word that `owner` holds the lock. */
static __always_inline void observe_owner(struct lock_record *lock, __u32 owner, __u64 now)
{
	struct thread_record *thread;

	if (lock->holder == owner) {
		if (lock->is_provisional)
			close_handoff(lock);
		return;
	}
	if (lock->is_provisional)
		undo_handoff(lock);
	else
		charge_holder(lock, now);
	lock->holder = owner;
	thread = find_thread(owner);
	if (!thread)
		return;
	remember_held(thread, lock->address);
	note_sleeping_holder(thread);
}

/* The thread lets go of a lock whose holder is followed: what has accrued since the last change is
 * its own.
 */
static __always_inline __u64 observe_release(struct lock_record *lock, struct thread_record *thread,
					     __u64 now)
{
	__u64 amount;

	/* It may well read again. */
	if (is_rwlock(&lock->signature))
		remember_held(thread, lock->address);

	if (lock->is_provisional) {
		if (lock->holder == thread->libc_tid)
			close_handoff(lock);
		else
			undo_handoff(lock);
	}
	settle(lock, now);
	amount = take_accrued(lock);
	charge_thread(lock, thread, amount, now);
	lock->accrued_since_ns = now;
	lock->holder = 0;
	return amount;
}

/* A waiter is back from the kernel; if it was woken, it probably has the lock now. */
static __always_inline void observe_return(struct lock_record *lock, struct thread_record *thread,
					   bool is_woken, __u64 now)
{
	if (!is_watched(lock, now)) {
		__sync_fetch_and_add(&lock->waiters, -1);
		return;
	}
	settle(lock, now);
	__sync_fetch_and_add(&lock->waiters, -1);
	if (lock->holder) {
		charge_holder(lock, now);
		return;
	}
	if (!is_woken)
		return;
	__sync_fetch_and_add(&lock->handoff_ns, take_accrued(lock));
	lock->accrued_since_ns = now;
	lock->holder = thread->libc_tid;
	lock->is_provisional = 1;
	remember_held(thread, lock->address);
}

/* A thread leaves or gets a CPU: whoever waits for its locks has waited for its old state. */
static __always_inline void change_state(struct thread_record *thread, __u32 state, __u64 now)
{
	bool holds = false;

	for (int i = 0; i < MAX_HELD_LOCKS; i++) {
		__u64 address = thread->held[i];
		struct lock_record *lock;

		if (!address)
			continue;
		lock = find_lock(address);
		if (!lock)
			continue;
		if (!is_watched(lock, now) || lock->holder != thread->libc_tid) {
			if (!is_rwlock(&lock->signature))
				thread->held[i] = 0;
			continue;
		}
		holds = true;
		if (lock->waiters <= 0)
			continue;
		settle(lock, now);
		charge_known_holder(lock, thread, now);
	}
	thread->state = state;
	if (state != HOLDER_RUNNING) {
		if (holds)
			note_sleeping_holder(thread);
	} else if (thread->is_off_cpu_holder) {
		thread->is_off_cpu_holder = 0;
		add_sleeping_holders(-1);
	}
}

static __always_inline struct lock_record *find_or_make_lock(const struct lock_key *key)
{
	struct lock_record *lock = find_lock(key->address);
	struct lock_wait_counters *counts;
	__u32 slot;

	if (lock)
		return lock;
	slot = slot_of_lock(key->address, true);
	if (slot != NO_SLOT) {
		lock = lock_in(slot);
		if (!lock)
			return 0;
		lock->signature = key->signature;
		lock->scale = 1;
		return lock;
	}
	counts = my_counters();
	if (counts)
		counts->lock_table_full++;
	return 0;
}

/* The thread sleeps for a lock from now on; thread->lock and ->owner say for which and whose. A
 * call that comes too late to sleep is no waiter, and there may be many more of those.
 */
static __always_inline void count_waiter(struct lock_record *lock, struct thread_record *thread,
					 __u64 now)
{
	if (is_watched(lock, now)) {
		if (lock->waiters <= 0)
			lock->accrued_since_ns = now;
		settle(lock, now);
		if (thread->owner)
			observe_owner(lock, thread->owner, now);
	}
	__sync_fetch_and_add(&lock->waiters, 1);
	lock->slot_waits++;
	thread->is_counted = 1;
	if (thread->owner || !is_rwlock(&thread->lock.signature))
		return;
	thread->waits_for_readers = 1;
	add_sleeping_holders(1);
}

/* It waits no more; lock_record.waiters is the caller's. */
static __always_inline void forget_waiter(struct thread_record *thread)
{
	thread->start_ns = 0;
	thread->is_counted = 0;
	if (!thread->waits_for_readers)
		return;
	thread->waits_for_readers = 0;
	add_sleeping_holders(-1);
}

#endif
