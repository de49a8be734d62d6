/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which stack, each kept once, is the current one? Unwound by the kernel, by frame pointers.
 *
 * The kernel has such a table of its own, but drops a stack whose short hash another one has
 * taken: of 100 stacks in 8,192 places, one is lost in every other run. Before including this,
 * define STACK_TABLE_ENTRIES and STACK_TABLE_FRAMES.
 */
#ifndef QUARREL_STACK_TABLE_BPF_H
#define QUARREL_STACK_TABLE_BPF_H

#include "target.bpf.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

/* Zeros follow the outermost frame. */
struct table_stack {
	__u64 pcs[STACK_TABLE_FRAMES];
};

struct stack_table_scratch {
	struct table_stack stack;
	__u64 is_in_use; /* a program that is preempted here leaves it to nobody */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stack_table_scratch);
} stack_table_space SEC(".maps");

/* By hash. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, STACK_TABLE_ENTRIES);
	__type(key, __u64);
	__type(value, struct table_stack);
} stack_table SEC(".maps");

/* The key of the stack in stack_table; 0 if it has no frames or there is no room. `flags` as of
 * bpf_get_stack.
 */
static __noinline __u64 key_of_stack(void *context, __u64 flags)
{
	__u32 zero = 0;
	struct stack_table_scratch *space = bpf_map_lookup_elem(&stack_table_space, &zero);
	__u64 key = 0;
	long size;

	if (!space || __sync_lock_test_and_set(&space->is_in_use, 1))
		return 0;
	size = bpf_get_stack(context, &space->stack, sizeof(space->stack), flags);
	if (size > 0) {
		for (int i = 0; i < STACK_TABLE_FRAMES && space->stack.pcs[i]; i++) {
			/* 2^64 over the golden ratio, odd. */
			key = (key ^ space->stack.pcs[i]) * 0x9e3779b97f4a7c15ULL;
			key ^= key >> 29;
		}
		if (!key)
			key = 1;
		if (!bpf_map_lookup_elem(&stack_table, &key)) {
			/* Another CPU may be faster: the stack is there all the same. */
			bpf_map_update_elem(&stack_table, &key, &space->stack, BPF_NOEXIST);
			if (!bpf_map_lookup_elem(&stack_table, &key))
				key = 0;
		}
	}
	__sync_lock_test_and_set(&space->is_in_use, 0);
	return key;
}

#endif
