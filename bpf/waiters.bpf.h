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

/* By futex word. User space may enlarge this and the other tables before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct lock_record);
} locks SEC(".maps");

/* By the tid that the target's libc knows, because that is what lock words name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct thread_record);
} threads SEC(".maps");

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

/* The record of a task of the target, made at its first event. */
static __always_inline struct thread_record *record_of(struct task_struct *task)
{
	static const struct thread_record none = {};
	__u32 key = libc_tid(task);
	struct thread_record *thread = bpf_map_lookup_elem(&threads, &key);

	if (thread)
		return thread;
	bpf_map_update_elem(&threads, &key, &none, BPF_NOEXIST);
	thread = bpf_map_lookup_elem(&threads, &key);
	if (thread) {
		thread->tid = tid_of(task);
		thread->libc_tid = key;
	}
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
		lock = bpf_map_lookup_elem(&locks, &address);
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
