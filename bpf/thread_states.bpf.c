// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What do the threads of the target do right now, without stopping them?
 *
 * An iterator over tasks, run when user space reads it. At the attach it makes a record of every
 * thread and opens the waits that began before; later it shows holders that sleep, with their
 * stack, and at the end the waits that have none. Needs Linux 5.18 (bpf_copy_from_user_task).
 */
#include "blame.bpf.h"
#include "futex_calls.bpf.h"
#include "user_stack.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 stack_limit = MAX_STACK_BYTES;

enum pass {
	PASS_SEED,    /* make records, open waits */
	PASS_OWNERS,  /* after it, when every owner has a record */
	PASS_HOLDERS, /* show the holders that are off the CPU */
	PASS_WAITERS, /* show the waits that go on */
	PASS_BASES,   /* show where each thread has its own variables */
};
volatile __u32 pass = PASS_SEED;
/* Waits that PASS_SEED opened. */
volatile __u64 seeded_waits = 0;

struct holder_scratch {
	struct holder_event event;
	__u8 stack[MAX_STACK_BYTES];
};

struct waiter_scratch {
	struct wait_event event;
	__u8 stack[MAX_STACK_BYTES];
};

/* Only one thread of quarrel reads the iterator, one pass at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct holder_scratch);
} holder_space SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct waiter_scratch);
} waiter_space SEC(".maps");

static __always_inline __u32 state_of(struct task_struct *task)
{
	if (task->on_cpu)
		return HOLDER_RUNNING;
	return task->__state ? HOLDER_BLOCKED : HOLDER_RUNNABLE;
}

static __always_inline __u32 read_owner_of_task(const struct lock_key *lock,
						struct task_struct *task)
{
	enum owner_place place = owner_place_of(lock);
	struct mutex_tail tail = {};
	__u32 word = 0;

	if (place == OWNER_NOWHERE)
		return 0;
	if (place == OWNER_OF_MUTEX) {
		if (bpf_copy_from_user_task(&tail, sizeof(tail),
					    (void *)(lock->address + OWNER_OF_MUTEX), task, 0))
			return 0;
		return owner_from_mutex_tail(&tail);
	}
	bpf_copy_from_user_task(&word, sizeof(word), (void *)(lock->address + place), task, 0);
	return owner_from_word(word);
}

/* A thread that sleeps in futex since before the attach: its wait counts from now on. */
static __always_inline void open_wait(struct thread_record *thread, struct task_struct *task,
				      struct pt_regs *registers, __u64 now)
{
	struct lock_record *lock;
	struct lock_key key = {};

	if (thread->start_ns || !read_wait_call(registers, &key))
		return;
	lock = find_or_make_lock(&key);
	if (!lock)
		return;
	thread->lock = key;
	thread->owner = read_owner_of_task(&key, task);
	thread->start_ns = now;
	seeded_waits++;
	if (!wants_a_lock(&key.signature))
		return;
	thread->state = HOLDER_WAITING;
	count_waiter(lock, thread, now);
}

static __always_inline int seed(struct task_struct *task)
{
	struct thread_record *thread = is_ending(task) ? 0 : record_of(task);
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
	__u64 now = bpf_ktime_get_ns();

	if (!thread)
		return 0;
	thread->state = state_of(task);
	if (thread->state == HOLDER_RUNNING)
		return 0;
	thread->last_off_state = thread->state;
	thread->off_since_ns = now;
	if (registers && thread->state == HOLDER_BLOCKED && may_sleep_for_futex(task->__state))
		open_wait(thread, task, registers, now);
	return 0;
}

/* The owner that a waiter has read is told so, so that its stack is looked at. */
static __always_inline int link_owner(struct task_struct *task)
{
	struct thread_record *thread, *owner;

	thread = find_thread(libc_tid(task));
	if (!thread || !thread->is_counted || !thread->owner)
		return 0;
	owner = find_thread(thread->owner);
	if (!owner)
		return 0;
	remember_held(owner, thread->lock.address);
	note_sleeping_holder(owner);
	return 0;
}

static __always_inline __u32 copy_stack_of_task(__u8 *to, __u64 start, __u32 length,
						struct task_struct *task)
{
	__u32 copied = PAGE_BYTES - (start & (PAGE_BYTES - 1));

	OPAQUE(length);
	if (length > MAX_STACK_BYTES)
		length = MAX_STACK_BYTES;
	if (length && !bpf_copy_from_user_task(to, length, (void *)start, task, 0))
		return length;
	/* All or nothing: at least what is left of the first page. */
	if (bpf_copy_from_user_task(to, copied, (void *)start, task, 0))
		return 0;
	return copied < length ? copied : length;
}

static __always_inline void capture_task(struct capture_header *capture, __u8 *stack,
					 struct task_struct *task, struct pt_regs *registers)
{
	__u64 start = registers->sp - RED_ZONE_BYTES;
	__u32 length =
	    stack_copy_length(start, task->thread.fsbase, task->mm->start_stack, stack_limit);

	capture->time_ns = bpf_ktime_get_ns();
	STORE_REGISTERS(capture->registers, registers);
	capture->fs_base = task->thread.fsbase;
	capture->stack_start = start;
	capture->stack_bytes = copy_stack_of_task(stack, start, length, task);
}

static __always_inline int show_holder(struct seq_file *seq, struct task_struct *task)
{
	__u32 key = libc_tid(task), zero = 0;
	struct thread_record *thread = find_thread(key);
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
	struct holder_scratch *space = bpf_map_lookup_elem(&holder_space, &zero);
	struct holder_event *event;
	struct held_lock held;
	__u64 size;

	if (!thread || !space || !registers || thread->state == HOLDER_RUNNING)
		return 0;
	held = most_wanted(thread, key);
	if (!held.address)
		return 0;
	event = &space->event;
	event->address = held.address;
	event->waiters = held.waiters;
	event->state = thread->state;
	event->capture.tid = thread->tid;
	capture_task(&event->capture, space->stack, task, registers);
	size = event->capture.stack_bytes;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	bpf_seq_write(seq, space, sizeof(*event) + size);
	return 0;
}

static __always_inline int show_waiter(struct seq_file *seq, struct task_struct *task)
{
	__u32 key = libc_tid(task), zero = 0;
	struct thread_record *thread = find_thread(key);
	struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
	struct waiter_scratch *space = bpf_map_lookup_elem(&waiter_space, &zero);
	struct wait_event *event;
	__u64 start_ns, size;

	if (!thread || !space || !registers || task->on_cpu)
		return 0;
	start_ns = thread->start_ns;
	if (!start_ns)
		return 0;
	event = &space->event;
	event->lock = thread->lock;
	event->owner = thread->owner;
	event->kind = EVENT_WAIT;
	event->stack = 0;
	event->capture.tid = thread->tid;
	capture_task(&event->capture, space->stack, task, registers);
	event->weight_ns = event->capture.time_ns - start_ns;
	event->wait_ns = thread->waited_ns + event->weight_ns;
	size = event->capture.stack_bytes;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	bpf_seq_write(seq, space, sizeof(*event) + size);
	return 0;
}

static __always_inline int show_base(struct seq_file *seq, struct task_struct *task)
{
	struct thread_base base = {.fs_base = task->thread.fsbase, .tid = tid_of(task)};

	bpf_seq_write(seq, &base, sizeof(base));
	return 0;
}

SEC("iter.s/task")
int visit_thread(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	/* The iterator is bound to the process, where the kernel can do that (6.1). */
	if (!task || (kernel_tgid && task->tgid != kernel_tgid))
		return 0;
	if (pass == PASS_HOLDERS)
		return show_holder(ctx->meta->seq, task);
	if (pass == PASS_WAITERS)
		return show_waiter(ctx->meta->seq, task);
	if (pass == PASS_BASES)
		return show_base(ctx->meta->seq, task);
	if (pass == PASS_OWNERS)
		return link_owner(task);
	return seed(task);
}
