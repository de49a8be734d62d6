/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* For how much waiting is each holder of a lock charged, in each of its states? */
#ifndef QUARREL_HOLDER_ROWS_BPF_H
#define QUARREL_HOLDER_ROWS_BPF_H

#include "waiters.bpf.h"

/* Of holder_times: a power of two, as many rows as the table has. */
const volatile __u32 holder_slots = 32768;

/* As the tables of locks and threads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, struct holder_row);
} holder_times SEC(".maps");

/* Each probe is a cache miss, where many threads take many locks in turns. */
enum { MAX_HOLDER_PROBES = 4 };

static __always_inline __u32 holder_slot(const struct holder_key *key, __u32 probe)
{
	__u64 mixed = (key->address ^ (key->next_address << 20) ^ ((__u64)key->holder << 40)) *
		      0x9e3779b97f4a7c15ull;

	return ((__u32)(mixed >> 32) + probe) & (holder_slots - 1);
}

static __always_inline bool is_holder_row(const struct holder_row *row,
					  const struct holder_key *key)
{
	return row->key.address == key->address && row->key.holder == key->holder &&
	       row->key.next_address == key->next_address && row->key.is_written;
}

/* The slot of the row, made if there is none; NO_SLOT: no room. Two CPUs that make it at once make
 * two, whose sum counts.
 */
__noinline __u32 holder_row_slot(const struct holder_key *key)
{
	if (!key)
		return NO_SLOT;
	for (__u32 probe = 0; probe < MAX_HOLDER_PROBES; probe++) {
		__u32 slot = holder_slot(key, probe);
		struct holder_row *row = bpf_map_lookup_elem(&holder_times, &slot);

		if (!row)
			break;
		if (is_holder_row(row, key))
			return slot;
		if (row->key.address ||
		    __sync_val_compare_and_swap(&row->key.address, 0, key->address) != 0)
			continue;
		row->key.next_address = key->next_address;
		row->key.holder = key->holder;
		row->key.is_written = 1;
		return slot;
	}
	return NO_SLOT;
}

#endif
