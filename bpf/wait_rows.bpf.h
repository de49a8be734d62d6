/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How often, and how long, has each thread waited for each lock? */
#ifndef QUARREL_WAIT_ROWS_BPF_H
#define QUARREL_WAIT_ROWS_BPF_H

#include "blame.bpf.h"

/* Of waits: a power of two, as many rows as the table has. */
const volatile __u32 wait_slots = 65536;

/* As the tables of locks and threads. Only the waiter itself looks for its rows. Where a thousand
 * threads take a thousand locks in turns, nearly no row is found, and each probe is a cache miss.
 */
enum { MAX_WAIT_PROBES = 4 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct wait_row);
} waits SEC(".maps");

/* Slot by slot beside the table of locks: only the ends of waits need them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct lock_histogram);
} histograms SEC(".maps");

static __always_inline struct wait_row *wait_row_in(__u32 slot)
{
	return bpf_map_lookup_elem(&waits, &slot);
}

enum { ROWS_OF_A_PAGE = 64 };

/* The first two are close to those of the same lock, where the processor knows the page. */
static __always_inline __u32 wait_slot(const struct wait_key *key, __u32 probe)
{
	__u64 place = key->lock.address * 0x9e3779b97f4a7c15ull;
	__u64 pair = ((__u64)key->owner << 32 | key->waiter) * 0x9e3779b97f4a7c15ull >> 32;

	if (probe < 2)
		place = (place >> 32 & -ROWS_OF_A_PAGE) + ((pair + probe) & (ROWS_OF_A_PAGE - 1));
	else
		place = (place >> 32) + pair + probe;
	return place & (wait_slots - 1);
}

static __always_inline bool is_row_of(const struct wait_row *row, const struct wait_key *key)
{
	return row->key.waiter == key->waiter && row->key.owner == key->owner &&
	       same_lock(&row->key.lock, &key->lock);
}

/* NO_SLOT: there is none, or no room to make one. */
__noinline __u32 slot_of_wait_row(const struct wait_key *key, bool makes)
{
	if (!key)
		return NO_SLOT;
	for (__u32 probe = 0; probe < MAX_WAIT_PROBES; probe++) {
		__u32 slot = wait_slot(key, probe);
		struct wait_row *row = wait_row_in(slot);

		if (!row)
			break;
		if (is_row_of(row, key))
			return slot;
		if (row->key.waiter)
			continue;
		if (!makes)
			break;
		if (__sync_val_compare_and_swap(&row->key.waiter, 0, key->waiter) != 0)
			continue;
		row->key.lock = key->lock;
		row->key.owner = key->owner;
		return slot;
	}
	return NO_SLOT;
}

static __always_inline struct wait_row *find_wait_row(const struct wait_key *key)
{
	struct wait_row *row = wait_row_in(wait_slot(key, 0));
	__u32 slot;

	if (!row || !row->key.waiter)
		return 0;
	if (is_row_of(row, key))
		return row;
	slot = slot_of_wait_row(key, false);
	return slot == NO_SLOT ? 0 : wait_row_in(slot);
}

static __always_inline struct wait_row *make_wait_row(const struct wait_key *key)
{
	__u32 slot = slot_of_wait_row(key, true);

	return slot == NO_SLOT ? 0 : wait_row_in(slot);
}

/* The row of a waiter, a word and an owner; that of all others of the word, where the table is
 * full.
 */
static __noinline struct wait_totals *totals_of(struct thread_record *thread,
						struct lock_record *lock)
{
	struct wait_row *row;
	struct wait_key key = {};

	if (!thread)
		return 0;
	key.lock = thread->lock;
	key.waiter = thread->tid;
	key.owner = thread->owner;
	row = find_wait_row(&key);
	if (!row && lock && lock->pairs >= MAX_PAIRS_PER_LOCK) {
		key.owner = 0;
		row = find_wait_row(&key);
	}
	if (!row) {
		row = make_wait_row(&key);
		if (row && lock)
			__sync_fetch_and_add(&lock->pairs, 1);
	}
	if (row)
		return &row->totals;
	if (!lock)
		return 0;
	return &lock->others;
}

static __always_inline void add_to_histogram(__u64 address, __u64 waited_ns)
{
	__u32 slot = lock_slot(address, 0), bucket = histogram_bucket(waited_ns);
	struct lock_record *first = lock_in(slot);
	struct lock_histogram *histogram;

	if (first && first->address != address)
		slot = slot_of_lock(address, false);
	histogram = bpf_map_lookup_elem(&histograms, &slot);
	OPAQUE(bucket);
	if (histogram && bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&histogram->counts[bucket], 1);
}

/* The wait is over: only now is it known how long it was in all. */
static __noinline int finish_wait_for(struct thread_record *thread, struct lock_record *lock)
{
	struct lock_wait_counters *counts = my_counters();
	struct wait_totals *sum;
	__u64 waited_ns;

	if (!thread || !counts || !thread->waited_ns)
		return 0;
	waited_ns = thread->waited_ns;
	thread->waited_ns = 0;
	counts->blocking++;
	sum = totals_of(thread, lock);
	if (sum) {
		__sync_fetch_and_add(&sum->count, 1);
		__sync_fetch_and_add(&sum->total_ns, waited_ns);
		/* Two CPUs write the row of others only: the longest may get lost there. */
		if (waited_ns > sum->max_ns)
			sum->max_ns = waited_ns;
	} else {
		counts->wait_table_full++;
	}
	if (lock)
		add_to_histogram(lock->address, waited_ns);
	return 0;
}

static __noinline int finish_wait(struct thread_record *thread)
{
	if (!thread || !thread->waited_ns)
		return 0;
	return finish_wait_for(thread, find_lock(thread->lock.address));
}

#endif
