// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which locks of the kernel do the target's threads wait for, how long, and on whose behalf?
 *
 * lock:contention_begin and _end (Linux 5.19) fire only in the slow paths of the kernel's locks.
 * What takes time is done at the begin, where it delays only the thread that waits anyway; at the
 * end the thread holds the lock, so there the user stack is copied only within a budget. Price: 4
 * to 6 us for each contended acquisition of the target, measured on a loaded virtual machine, most
 * of it for the kernel's own stack.
 */
#define STACK_TABLE_ENTRIES 8192
#define STACK_TABLE_FRAMES 12
#include "stack_table.bpf.h"
#include "target.bpf.h"
#include "user_stack.bpf.h"
#include "wait_totals.bpf.h"

#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_OPEN_WAITS 16384
#define MAX_KERNEL_LOCKS 16384

const volatile __u32 stack_limit = MAX_STACK_BYTES;
/* A longer wait is worth a stack; a shorter one with its share of this as probability. */
const volatile __u64 capture_threshold_ns = 100000;

/* Set when the recording's clock starts: other collectors may take a second to load after this one.
 */
volatile __u32 is_recording = 0;

/* Copies that are still allowed; user space adds to it. */
volatile __s64 captures_left = 0;

struct open_key {
	__u64 address;
	__u32 tid;
	__u32 pad;
};

struct open_wait {
	__u64 start_ns;
	__u64 kernel_stack;
	__u32 flags;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_OPEN_WAITS);
	__type(key, struct open_key);
	__type(value, struct open_wait);
} open_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_KERNEL_LOCKS);
	__type(key, struct kernel_lock_key);
	__type(value, struct wait_totals);
} kernel_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_lock_counters);
} kernel_lock_counts SEC(".maps");

struct kernel_lock_scratch {
	struct kernel_lock_event event;
	__u8 stack[MAX_STACK_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kernel_lock_scratch);
} kernel_lock_space SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} kernel_lock_events SEC(".maps");

static __always_inline struct kernel_lock_counters *counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&kernel_lock_counts, &zero);
}

SEC("tp_btf/contention_begin")
int on_begin(__u64 *ctx)
{
	struct open_key key = {.address = ctx[0], .tid = target_tid()};
	struct open_wait wait = {.flags = (__u32)ctx[1]}, *open;
	struct kernel_lock_counters *counts;

	if (!key.tid || !is_recording)
		return 0;
	/* A mutex begins twice if it spins in vain before it sleeps. */
	open = bpf_map_lookup_elem(&open_waits, &key);
	if (open) {
		open->flags = wait.flags;
		return 0;
	}
	wait.kernel_stack = key_of_stack(ctx, 0);
	wait.start_ns = bpf_ktime_get_ns();
	counts = counters();
	if (!wait.kernel_stack && counts)
		counts->without_kernel_stack++;
	if (bpf_map_update_elem(&open_waits, &key, &wait, BPF_ANY) && counts)
		counts->open_table_full++;
	return 0;
}

static __always_inline bool is_worth_a_stack(__u64 wait_ns)
{
	if (captures_left <= 0)
		return false;
	if (wait_ns < capture_threshold_ns &&
	    bpf_get_prandom_u32() % capture_threshold_ns >= wait_ns)
		return false;
	return __sync_fetch_and_add(&captures_left, -1) > 0;
}

static __noinline int send_stack(struct kernel_lock_scratch *space)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
	struct kernel_lock_counters *counts = counters();
	__u64 size;

	if (!space || !counts)
		return 0;
	space->event.capture.time_ns = bpf_ktime_get_ns();
	STORE_REGISTERS(space->event.capture.registers, registers);
	capture_stack(&space->event.capture, space->stack, registers->sp, stack_limit);
	size = space->event.capture.stack_bytes;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	counts->captures++;
	if (bpf_ringbuf_output(&kernel_lock_events, space, sizeof(space->event) + size,
			       BPF_RB_NO_WAKEUP))
		counts->capture_ring_full++;
	return 0;
}

static __always_inline __u32 is_own_mmap_lock(__u64 address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 mm = (__u64)task->mm;

	return mm && address == mm + bpf_core_field_offset(struct mm_struct, mmap_lock);
}

SEC("tp_btf/contention_end")
int on_end(__u64 *ctx)
{
	struct open_key open_key = {.address = ctx[0], .tid = target_tid()};
	struct kernel_lock_counters *counts = counters();
	struct kernel_lock_key key = {};
	struct kernel_lock_scratch *space;
	struct open_wait *open;
	__u64 wait_ns;
	__u32 zero = 0;

	if (!open_key.tid || !counts || !is_recording)
		return 0;
	counts->ended++;
	open = bpf_map_lookup_elem(&open_waits, &open_key);
	if (!open) {
		counts->start_unseen++;
		return 0;
	}
	wait_ns = bpf_ktime_get_ns() - open->start_ns;
	key.address = open_key.address;
	key.flags = open->flags;
	key.kernel_stack = open->kernel_stack;
	key.is_mmap_lock = is_own_mmap_lock(key.address);
	bpf_map_delete_elem(&open_waits, &open_key);
	if (add_wait(&kernel_waits, &key, wait_ns)) {
		counts->wait_table_full++;
		return 0;
	}
	space = bpf_map_lookup_elem(&kernel_lock_space, &zero);
	if (!space || !is_worth_a_stack(wait_ns))
		return 0;
	space->event.capture.tid = open_key.tid;
	space->event.lock = key;
	space->event.weight_ns = wait_ns > capture_threshold_ns ? wait_ns : capture_threshold_ns;
	return send_stack(space);
}
