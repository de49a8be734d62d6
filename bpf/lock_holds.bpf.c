// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How often is each lock taken, and for how long is it held?
 *
 * A uprobe runs this at every acquisition and release, contended or not: the one collector whose
 * cost grows with the use of locks. User space places the probes at instructions that the kernel
 * emulates (0.5 us each; others are single-stepped, 25 us), and takes them away when they exceed
 * their budget.
 */
#include "events.h"
#include "lock_wait_decisions.h"
#include "probe_decisions.h"
#include "target.bpf.h"
#include "uprobe_registers.bpf.h"
#include "user_stack.bpf.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_LOCKS 16384
#define MAX_NESTED 8
/* The first use of a lock is often its initialisation: a later one shows who lives with it. */
#define SECOND_CAPTURE 64

const volatile __u32 stack_limit = MAX_STACK_BYTES;

/* Set while holds count. */
volatile __u32 is_recording = 0;
/* A new number whenever the probes are put in again: what was taken before may have been let go of
 * since.
 */
volatile __u32 window = 0;
/* What one probe adds to the time for which a lock is held; subtracted. */
volatile __u64 own_ns = 0;

/* Copies of stacks that are still allowed; user space adds to it. */
volatile __s64 captures_left = 0;

struct hold {
	__u64 address; /* 0: free */
	__u64 start_ns;
	__u32 hits; /* of the thread until then */
	__u32 window;
};

struct thread_holds {
	__u32 hits;
	__u32 pad;
	struct hold holds[MAX_NESTED];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_holds);
} holds_of_threads SEC(".maps");

/* By the address of the lock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_LOCKS);
	__type(key, __u64);
	__type(value, struct hold_totals);
} held_locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hold_counters);
} hold_counts SEC(".maps");

struct hold_scratch {
	struct hold_event event;
	__u8 stack[MAX_STACK_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hold_scratch);
} hold_space SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} hold_events SEC(".maps");

static __always_inline struct hold_totals *totals_of(__u64 address, __u8 is_rwlock,
						     struct hold_counters *counts)
{
	static const struct hold_totals none = {};
	struct hold_totals *totals = bpf_map_lookup_elem(&held_locks, &address);

	if (totals)
		return totals;
	bpf_map_update_elem(&held_locks, &address, &none, BPF_NOEXIST);
	totals = bpf_map_lookup_elem(&held_locks, &address);
	if (totals)
		totals->is_rwlock = is_rwlock;
	else
		counts->lock_table_full++;
	return totals;
}

static __always_inline void begin_hold(struct thread_holds *thread, __u64 address,
				       struct hold_counters *counts)
{
	struct hold *place = 0;

	for (int i = 0; i < MAX_NESTED; i++) {
		struct hold *hold = &thread->holds[i];

		if (hold->address == address) {
			place = hold;
			break;
		}
		if (!place && (!hold->address || hold->window != window))
			place = hold;
	}
	if (!place) {
		counts->nested_too_deep++;
		return;
	}
	place->address = address;
	place->window = window;
	place->hits = thread->hits;
	place->start_ns = bpf_ktime_get_ns();
}

static __always_inline void add_hold(struct hold_totals *totals, __u64 held_ns)
{
	__u32 bucket = histogram_bucket(held_ns);

	__sync_fetch_and_add(&totals->holds, 1);
	__sync_fetch_and_add(&totals->total_ns, held_ns);
	if (held_ns > totals->max_ns)
		totals->max_ns = held_ns;
	OPAQUE(bucket);
	if (bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&totals->histogram[bucket], 1);
}

static __always_inline void end_hold(struct thread_holds *thread, __u64 address, __u64 now,
				     struct hold_totals *totals, struct hold_counters *counts)
{
	for (int i = 0; i < MAX_NESTED; i++) {
		struct hold *hold = &thread->holds[i];
		__u64 held_ns = now - hold->start_ns, probing_ns;

		if (hold->address != address)
			continue;
		hold->address = 0;
		if (hold->window != window)
			break;
		probing_ns = (thread->hits - hold->hits) * own_ns;
		add_hold(totals, held_ns > probing_ns ? held_ns - probing_ns : 0);
		counts->holds++;
		return;
	}
	counts->take_unseen++;
}

/* For its name: of the locks of one kind, some may do without. */
static __always_inline void send_stack(const struct uprobe_registers *registers, __u64 address,
				       struct hold_counters *counts)
{
	__u32 zero = 0;
	struct hold_scratch *space = bpf_map_lookup_elem(&hold_space, &zero);
	__u64 size;

	if (!space || captures_left <= 0 || __sync_fetch_and_add(&captures_left, -1) <= 0) {
		counts->captures_lost++;
		return;
	}
	space->event.address = address;
	space->event.capture.time_ns = bpf_ktime_get_ns();
	space->event.capture.tid = target_tid();
	STORE_REGISTERS(space->event.capture.registers, registers);
	capture_stack(&space->event.capture, space->stack, registers->sp, stack_limit);
	size = space->event.capture.stack_bytes;
	OPAQUE(size);
	if (size > MAX_STACK_BYTES)
		size = MAX_STACK_BYTES;
	if (bpf_ringbuf_output(&hold_events, space, sizeof(space->event) + size, BPF_RB_NO_WAKEUP))
		counts->captures_lost++;
}

SEC("uprobe")
int on_step(struct uprobe_registers *registers)
{
	__u64 now = bpf_ktime_get_ns(), cookie = bpf_get_attach_cookie(registers), address;
	__u8 step = cookie_part(cookie, COOKIE_STEP);
	struct thread_holds *thread;
	struct hold_counters *counts;
	struct hold_totals *totals;
	__u32 zero = 0;

	counts = bpf_map_lookup_elem(&hold_counts, &zero);
	thread = bpf_task_storage_get(&holds_of_threads, bpf_get_current_task_btf(), 0,
				      BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!counts || !thread)
		return 0;
	counts->hits++;
	thread->hits++;
	if (!is_recording ||
	    !condition_holds(cookie_part(cookie, COOKIE_CONDITION), registers->flags))
		return 0;
	address = register_at(registers, cookie_part(cookie, COOKIE_REGISTER));
	totals = totals_of(address, cookie_part(cookie, COOKIE_IS_RWLOCK), counts);
	if (!totals)
		return 0;
	if (step == STEP_TRY_FAILED) {
		__sync_fetch_and_add(&totals->try_failures, 1);
	} else if (step == STEP_RELEASED) {
		end_hold(thread, address, now, totals, counts);
	} else {
		__u64 before = __sync_fetch_and_add(&totals->acquisitions, 1);

		counts->acquisitions++;
		if (before == 0 || before == SECOND_CAPTURE)
			send_stack(registers, address, counts);
		begin_hold(thread, address, counts);
	}
	return 0;
}
