/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How often, and how long, has each thread waited for each lock? */
#ifndef QUARREL_WAIT_ROWS_BPF_H
#define QUARREL_WAIT_ROWS_BPF_H

#include "waiters.bpf.h"

/* Of waits: a power of two, as many rows as the table has. */
const volatile __u32 wait_slots = 65536;

/* As the tables of locks and threads. Only the waiter itself looks for its rows. */
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

static __always_inline __u32 wait_slot(const struct wait_key *key, __u32 probe)
{
	__u64 mixed = (key->lock.address ^ ((__u64)key->waiter << 40) ^ ((__u64)key->owner << 20)) *
		      0x9e3779b97f4a7c15ull;

	return ((__u32)(mixed >> 32) + probe) & (wait_slots - 1);
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
	for (__u32 probe = 1; probe < MAX_PROBES; probe++) {
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
	for (__u32 probe = 0; probe < MAX_PROBES; probe++) {
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
