/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who waits for which lock, and who has it? The maps that lock_waits keeps up to date.
 *
 * Every object defines them; the collector that loads second is given those of the first.
 */
#ifndef QUARREL_WAITERS_BPF_H
#define QUARREL_WAITERS_BPF_H

#include "events.h"
#include "lock_wait_decisions.h"
#include "target.bpf.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

/* Of locks: a power of two, as many as the table has. */
const volatile __u32 lock_slots = 16384;

/* Both tables are arrays in which a row stands at the slot that its key names, or the next ones if
 * others stand there: a look-up reads a cache line and calls nothing, where one in a hash map of
 * the kernel's costs 45 ns. Five to ten of them are made for each wait.
 */
enum { MAX_PROBES = 16, NO_SLOT = 0xffffffff };

/* By futex word. User space sets the size before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct lock_record);
} locks SEC(".maps");

/* By the tid that the target's libc knows, because that is what lock words name. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, THREAD_SLOTS);
	__type(key, __u32);
	__type(value, struct thread_record);
} threads SEC(".maps");

static __always_inline struct lock_record *lock_in(__u32 slot)
{
	return bpf_map_lookup_elem(&locks, &slot);
}

static __always_inline struct thread_record *thread_in(__u32 slot)
{
	return bpf_map_lookup_elem(&threads, &slot);
}

static __always_inline __u32 lock_slot(__u64 address, __u32 probe)
{
	return ((__u32)(address * 0x9e3779b97f4a7c15ull >> 32) + probe) & (lock_slots - 1);
}

static __always_inline __u32 thread_slot(__u32 libc_tid, __u32 probe)
{
	return (libc_tid + probe) & (THREAD_SLOTS - 1);
}

/* NO_SLOT: there is none, or no room to make one. Of two CPUs that make one at once, both get the
 * same. The searches are global functions: they are verified once, not wherever they are called.
 */
__noinline __u32 slot_of_lock(__u64 address, bool makes)
{
	for (__u32 probe = 0; probe < MAX_PROBES; probe++) {
		__u32 slot = lock_slot(address, probe);
		struct lock_record *lock = lock_in(slot);
		__u64 other;

		if (!lock)
			break;
		other = lock->address;
		if (!other) {
			if (!makes)
				break;
			other = __sync_val_compare_and_swap(&lock->address, 0, address);
		}
		if (!other || other == address)
			return slot;
	}
	return NO_SLOT;
}

/* Behind the first slot. */
__noinline __u32 search_thread(__u32 libc_tid)
{
	for (__u32 probe = 1; probe < MAX_PROBES; probe++) {
		__u32 slot = thread_slot(libc_tid, probe);
		struct thread_record *thread = thread_in(slot);

		if (!thread || !thread->libc_tid)
			return NO_SLOT;
		if (thread->libc_tid == libc_tid)
			return slot;
	}
	return NO_SLOT;
}

static __always_inline struct lock_record *find_lock(__u64 address)
{
	struct lock_record *lock = lock_in(lock_slot(address, 0));
	__u32 slot;

	if (!lock || !lock->address)
		return 0;
	if (lock->address == address)
		return lock;
	slot = slot_of_lock(address, false);
	return slot == NO_SLOT ? 0 : lock_in(slot);
}

static __always_inline struct thread_record *find_thread(__u32 libc_tid)
{
	struct thread_record *thread = thread_in(thread_slot(libc_tid, 0));
	__u32 slot;

	if (!thread || !thread->libc_tid)
		return 0;
	if (thread->libc_tid == libc_tid)
		return thread;
	slot = search_thread(libc_tid);
	return slot == NO_SLOT ? 0 : thread_in(slot);
}

/* Of two CPUs that make one at once, both get the same. */
__noinline __u32 claim_thread_slot(__u32 libc_tid)
{
	for (__u32 probe = 0; probe < MAX_PROBES; probe++) {
		__u32 slot = thread_slot(libc_tid, probe);
		struct thread_record *thread = thread_in(slot);
		__u32 other, before;

		if (!thread)
			break;
		other = thread->libc_tid;
		if (other && other != ENDED_THREAD)
			continue;
		before = __sync_val_compare_and_swap(&thread->libc_tid, other, libc_tid);
		if (before == other || before == libc_tid)
			return slot;
	}
	return NO_SLOT;
}

/* Its slot is free for another. */
static __always_inline void forget_thread(struct thread_record *thread)
{
	__builtin_memset((char *)thread + sizeof(thread->libc_tid), 0,
			 sizeof(*thread) - sizeof(thread->libc_tid));
	thread->libc_tid = ENDED_THREAD;
}

static __always_inline bool same_lock(const struct lock_key *a, const struct lock_key *b)
{
	return a->address == b->address &&
	       *(const __u64 *)&a->signature == *(const __u64 *)&b->signature;
}

/* The tid in the mutex, read where its neighbours look like a glibc mutex. */
static __always_inline __u32 read_mutex_owner(__u64 address)
{
	struct mutex_tail tail = {};

	if (bpf_probe_read_user(&tail, sizeof(tail), (void *)(address + OWNER_OF_MUTEX)))
		return 0;
	return owner_from_mutex_tail(&tail);
}

/* The tid that the lock names as its owner now, 0 if none. Reads the target's memory; zero in a
 * glibc mutex is a hand-off in progress (__owner is cleared before the unlock and set after the
 * lock), which is often over by a second look.
 */
static __always_inline __u32 read_owner(const struct lock_key *lock)
{
	enum owner_place place = owner_place_of(lock);
	__u32 word = 0, owner;

	if (place == OWNER_NOWHERE)
		return 0;
	if (place == OWNER_OF_MUTEX) {
		owner = read_mutex_owner(lock->address);
		return owner ? owner : read_mutex_owner(lock->address);
	}
	bpf_probe_read_user(&word, sizeof(word), (void *)(lock->address + place));
	return owner_from_word(word);
}

/* The record of a task of the target, made at its first event; 0: no room. */
static __always_inline struct thread_record *record_of(struct task_struct *task)
{
	__u32 key = libc_tid(task), slot;
	struct thread_record *thread = find_thread(key);

	if (thread)
		return thread;
	slot = claim_thread_slot(key);
	if (slot == NO_SLOT)
		return 0;
	thread = thread_in(slot);
	if (thread)
		thread->tid = tid_of(task);
	return thread;
}

static __always_inline void remember_held(struct thread_record *thread, __u64 address)
{
	for (int i = 0; i < MAX_HELD_LOCKS; i++)
		if (thread->held[i] == address)
			return;
	thread->held[thread->next_held++ % MAX_HELD_LOCKS] = address;
}

/* A lock that a thread holds, and how many wait for it. */
struct held_lock {
	__u64 address; /* 0: none */
	__u32 waiters;
};

/* Of the locks that the thread holds, the one that most others wait for. */
static __always_inline struct held_lock most_wanted(struct thread_record *thread, __u32 self)
{
	struct held_lock most = {};

	for (int i = 0; i < MAX_HELD_LOCKS; i++) {
		__u64 address = thread->held[i];
		struct lock_record *lock;

		if (!address)
			continue;
		lock = find_lock(address);
		if (!lock || lock->waiters <= most.waiters)
			continue;
		/* Readers of a rwlock are named nowhere; whether it was this one shows when it
		 * leaves.
		 */
		if (lock->holder != self && (lock->holder || !is_rwlock(&lock->signature)))
			continue;
		most.address = address;
		most.waiters = lock->waiters;
	}
	return most;
}

#endif
