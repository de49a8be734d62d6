// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Who allocated the blocks of malloc that live now?
 *
 * A uprobe runs this whenever glibc has decided which block it gives out, and whenever it is given
 * one back, before anyone else can have it. Blocks that were freed leave the table at once: what
 * stands in it is true. The stack is unwound here, or copied while the tables of a program that has
 * just started are not there yet.
 */
#include "events.h"
#include "probe_decisions.h"
#include "target.bpf.h"
#include "uprobe_registers.bpf.h"
#include "unwind.bpf.h"
#include "user_stack.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_BLOCKS 131072
#define MAX_WATCHED 16384
/* malloc_chunk.mchunk_size stands right before a block; its low bits are flags (malloc.c). */
#define CHUNK_SIZE_BYTES 8
#define CHUNK_FLAGS 7ULL
#define CHUNK_IS_MMAPPED 2

const volatile __u32 stack_limit = MAX_STACK_BYTES;

/* Set while blocks count. */
volatile __u32 is_recording = 0;
/* Set while the cost of a probe is measured on quarrel itself. */
volatile __u32 is_calibrating = 0;
/* Copies of stacks that are still allowed; user space adds to it. */
volatile __s64 captures_left = 0;

/* By address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_BLOCKS);
	__type(key, __u64);
	__type(value, struct live_block);
} live_blocks SEC(".maps");

/* By address; user space puts them in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_WATCHED);
	__type(key, __u64);
	__type(value, struct watched_block);
} watched_blocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct block_counters);
} block_counts SEC(".maps");

struct block_scratch {
	struct block_event event;
	__u8 stack[MAX_STACK_BYTES];
	__u64 is_in_use; /* a program that is preempted here leaves it to nobody */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct block_scratch);
} block_space SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} block_events SEC(".maps");

/* What the program may use of it, which is a little more than it asked for; 0 if it is no block. */
static __always_inline __u64 usable_bytes(__u64 address)
{
	__u64 size = 0, overhead;

	if (bpf_probe_read_user(&size, sizeof(size), (void *)(address - CHUNK_SIZE_BYTES)))
		return 0;
	overhead = size & CHUNK_IS_MMAPPED ? 2 * CHUNK_SIZE_BYTES : CHUNK_SIZE_BYTES;
	size &= ~CHUNK_FLAGS;
	return size > overhead ? size - overhead : 0;
}

/* Returns whether the stack is on its way to user space. */
static __always_inline bool send_stack(struct block_scratch *space,
				       const struct uprobe_registers *registers, __u64 address,
				       const struct live_block *block)
{
	__u64 size;

	if (captures_left <= 0 || __sync_fetch_and_add(&captures_left, -1) <= 0)
		return false;
	space->event.address = address;
	space->event.capture.time_ns = block->allocated_ns;
	space->event.capture.tid = block->tid;
	STORE_REGISTERS(space->event.capture.registers, registers);
	capture_stack(&space->event.capture, space->stack, registers->sp, stack_limit);
	size = space->event.capture.stack_bytes;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	return !bpf_ringbuf_output(&block_events, space, sizeof(space->event) + size,
				   BPF_RB_NO_WAKEUP);
}

static __always_inline void take_stack(const struct uprobe_registers *registers, __u64 address,
				       struct live_block *block, struct block_counters *counts)
{
	__u32 zero = 0;
	struct block_scratch *space = bpf_map_lookup_elem(&block_space, &zero);
	struct unwind_state *state = unwind_scratch();

	if (!space || !state || __sync_lock_test_and_set(&space->is_in_use, 1)) {
		counts->without_stack++;
		return;
	}
	STORE_REGISTERS(state->registers, registers);
	block->stack = unwind_from_scratch();
	if (!block->stack) {
		if (send_stack(space, registers, address, block))
			counts->captures++;
		else
			counts->without_stack++;
	}
	__sync_lock_test_and_set(&space->is_in_use, 0);
}

static __always_inline void note_block(const struct uprobe_registers *registers, __u64 address,
				       __u32 tid, struct block_counters *counts)
{
	struct live_block block = {};

	counts->allocated++;
	block.bytes = usable_bytes(address);
	if (!block.bytes) {
		counts->unreadable++;
		return;
	}
	block.allocated_ns = bpf_ktime_get_ns();
	block.tid = tid;
	take_stack(registers, address, &block, counts);
	if (bpf_map_update_elem(&live_blocks, &address, &block, BPF_ANY)) {
		/* Nor may it be taken for one that was not seen to end. */
		bpf_map_delete_elem(&live_blocks, &address);
		counts->table_full++;
	}
}

static __always_inline void forget_block(__u64 address, struct block_counters *counts)
{
	struct live_block *block = bpf_map_lookup_elem(&live_blocks, &address);
	struct watched_block *watched;

	if (!block)
		return;
	watched = bpf_map_lookup_elem(&watched_blocks, &address);
	if (watched && watched->allocated_ns == block->allocated_ns)
		watched->freed_ns = bpf_ktime_get_ns();
	if (!bpf_map_delete_elem(&live_blocks, &address))
		counts->freed++;
}

SEC("uprobe")
int on_block(struct uprobe_registers *registers)
{
	__u64 cookie = bpf_get_attach_cookie(registers), address;
	struct block_counters *counts;
	__u32 zero = 0, tid;

	counts = bpf_map_lookup_elem(&block_counts, &zero);
	if (!counts)
		return 0;
	counts->hits++;
	if (!is_recording ||
	    !condition_holds(cookie_part(cookie, COOKIE_CONDITION), registers->flags))
		return 0;
	tid = target_tid();
	address = register_at(registers, cookie_part(cookie, COOKIE_REGISTER));
	if ((!tid && !is_calibrating) || !address)
		return 0;
	if (cookie_part(cookie, COOKIE_STEP) == BLOCK_ALLOCATED)
		note_block(registers, address, tid, counts);
	else
		forget_block(address, counts);
	return 0;
}
