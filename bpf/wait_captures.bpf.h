/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How does the stack of a thread that waited, or woke another, get to user space? */
#ifndef QUARREL_WAIT_CAPTURES_BPF_H
#define QUARREL_WAIT_CAPTURES_BPF_H

#include "blame.bpf.h"
#include "unwind.bpf.h"
#include "user_stack.bpf.h"

const volatile __u32 stack_limit = MAX_STACK_BYTES;
/* enum stack_mode; all but STACKS_COPIED need bpf_loop. */
const volatile __u32 stack_mode = STACKS_COPIED;

/* By stack; the sums are exact in STACKS_EXACT only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* set before the load */
	__type(key, struct stack_key);
	__type(value, struct wait_totals);
} stack_waits SEC(".maps");

struct wait_scratch {
	struct wait_event event;
	__u8 stack[MAX_STACK_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wait_scratch);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events SEC(".maps");

static __always_inline void count_lost_event(struct lock_wait_counters *counts, __u32 kind)
{
	if (kind == EVENT_WAIT)
		counts->capture_ring_full++;
	else if (kind == EVENT_WAKE)
		counts->wake_ring_full++;
	else
		counts->example_ring_full++;
}

/* What is captured of the current thread. */
struct captured_stack {
	__u64 id; /* in unwound_stacks, or 0 */
	bool is_copied;
};

static __noinline int capture(struct thread_record *thread, struct lock_key *lock, __u64 weight_ns,
			      __u32 kind, struct captured_stack *stack)
{
	struct lock_wait_counters *counts = my_counters();
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *registers;
	struct wait_scratch *space;
	__u32 zero = 0;
	__u64 size;

	space = bpf_map_lookup_elem(&scratch, &zero);
	if (!space || !counts || !thread || !lock || !stack)
		return 0;
	registers = (struct pt_regs *)bpf_task_pt_regs(task);
	STORE_REGISTERS(space->event.capture.registers, registers);
	space->event.capture.time_ns = bpf_ktime_get_ns();
	space->event.capture.tid = thread->tid;
	space->event.lock = *lock;
	space->event.wait_ns = kind == EVENT_WAKE ? weight_ns : thread->waited_ns;
	space->event.weight_ns = weight_ns;
	space->event.owner = kind == EVENT_WAKE ? 0 : thread->owner;
	space->event.kind = kind;
	space->event.stack = stack->id;
	space->event.capture.fs_base = task->thread.fsbase;
	space->event.capture.stack_start = 0;
	space->event.capture.stack_bytes = 0;
	if (stack->is_copied)
		capture_stack(&space->event.capture, space->stack, registers->sp, stack_limit);
	size = space->event.capture.stack_bytes;
	if (stack->is_copied && !size)
		counts->stack_unreadable++;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	/* A wakeup costs the target 1.2 us; user space polls instead. */
	if (bpf_ringbuf_output(&events, space, sizeof(space->event) + size, BPF_RB_NO_WAKEUP))
		count_lost_event(counts, kind);
	return 0;
}

/* Adds the wait to its stack. Returns 1 if that is the first, 0 if not, -1 if there is no room. */
static __noinline int add_to_stack(struct thread_record *thread, __u64 stack, __u64 wait_ns)
{
	struct lock_wait_counters *counts = my_counters();
	struct wait_totals none = {};
	struct wait_totals *sum;
	struct stack_key key = {};
	int is_new = 0;

	if (!thread || !counts)
		return -1;
	key.lock = thread->lock;
	key.stack = stack;
	if (stack_mode == STACKS_EXACT) {
		key.waiter = thread->tid;
		key.owner = thread->owner;
	}
	sum = bpf_map_lookup_elem(&stack_waits, &key);
	if (!sum) {
		bpf_map_update_elem(&stack_waits, &key, &none, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&stack_waits, &key);
		is_new = 1;
	}
	if (!sum) {
		counts->stack_table_full++;
		return -1;
	}
	/* The waiter is part of the key in the mode where the sums count. */
	sum->count++;
	sum->total_ns += wait_ns;
	if (wait_ns > sum->max_ns)
		sum->max_ns = wait_ns;
	return is_new;
}

/* Unwound in the kernel: bytes are copied only for the first wait of a stack, for the names. */
static __noinline int capture_unwound(struct thread_record *thread, __u64 weight_ns, __u64 wait_ns,
				      bool is_sample)
{
	struct lock_wait_counters *counts = my_counters();
	struct captured_stack stack = {};
	bool is_exact = stack_mode == STACKS_EXACT;
	int is_new;

	if (!thread || !counts || !(is_exact || is_sample))
		return 0;
	stack.id =
	    unwind_user_stack((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()));
	is_new = stack.id ? add_to_stack(thread, stack.id, wait_ns) : -1;
	if (is_new < 0) {
		stack.id = 0;
		stack.is_copied = true;
		counts->captures++;
		return capture(thread, &thread->lock, is_exact ? wait_ns : weight_ns, EVENT_WAIT,
			       &stack);
	}
	stack.is_copied = is_new;
	if (!is_exact) {
		counts->captures++;
		return capture(thread, &thread->lock, weight_ns, EVENT_WAIT, &stack);
	}
	if (!is_new && !is_sample)
		return 0;
	counts->examples++;
	return capture(thread, &thread->lock, weight_ns, EVENT_EXAMPLE, &stack);
}

#endif
