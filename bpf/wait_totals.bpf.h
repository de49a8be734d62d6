/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How is a wait added to its row of a hash map? */
#ifndef QUARREL_WAIT_TOTALS_BPF_H
#define QUARREL_WAIT_TOTALS_BPF_H

#include "events.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

/* `map` has struct wait_totals as values. Returns -1 if it is full. */
static __always_inline int add_wait(void *map, const void *key, __u64 wait_ns)
{
	struct wait_totals *totals = bpf_map_lookup_elem(map, key), zero = {};

	if (!totals) {
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		totals = bpf_map_lookup_elem(map, key);
	}
	if (!totals)
		return -1;
	__sync_fetch_and_add(&totals->count, 1);
	__sync_fetch_and_add(&totals->total_ns, wait_ns);
	if (wait_ns > totals->max_ns)
		totals->max_ns = wait_ns;
	return 0;
}

#endif
