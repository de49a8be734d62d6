/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How often, and how long, has each thread waited for each lock? */
#ifndef QUARREL_WAIT_ROWS_BPF_H
#define QUARREL_WAIT_ROWS_BPF_H

#include "waiters.bpf.h"

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

/* Behind the first slot. */
__noinline __u32 search_wait_row(const struct wait_key *key)
{
	if (!key)
		return NO_SLOT;
	for (__u32 probe = 1; probe < MAX_WAIT_PROBES; probe++) {
		__u32 slot = wait_slot(key, probe);
		struct wait_row *row = wait_row_in(slot);

		if (!row || !row->key.waiter)
			return NO_SLOT;
		if (is_row_of(row, key))
			return slot;
	}
	return NO_SLOT;
}

__noinline __u32 claim_wait_row(const struct wait_key *key)
{
	if (!key)
		return NO_SLOT;
	for (__u32 probe = 0; probe < MAX_WAIT_PROBES; probe++) {
		__u32 slot = wait_slot(key, probe);
		struct wait_row *row = wait_row_in(slot);

		if (!row)
			break;
		if (row->key.waiter ||
		    __sync_val_compare_and_swap(&row->key.waiter, 0, key->waiter) != 0)
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

	if (!row || is_row_of(row, key))
		return row;
	if (!row->key.waiter)
		return 0;
	slot = search_wait_row(key);
	return slot == NO_SLOT ? 0 : wait_row_in(slot);
}

static __always_inline struct wait_row *make_wait_row(const struct wait_key *key)
{
	__u32 slot = claim_wait_row(key);

	return slot == NO_SLOT ? 0 : wait_row_in(slot);
}

#endif
