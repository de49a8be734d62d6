// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* How long does each goroutine wait for which lock, and which goroutine lets go of it?
 *
 * Goroutines that wait for a sync.Mutex or a sync.RWMutex do not enter the kernel. User space puts
 * probes where they go to sleep, where they have the lock, and where somebody lets go of one that
 * others wait for: contended paths only. A goroutine moves between threads, so all is kept by its
 * runtime.g, which stays. Its stack moves as well, hence nothing here changes a return address.
 * Price: three or four probes of about 1 us for each contended acquisition.
 */
#include "events.h"
#include "lock_wait_decisions.h"
#include "probe_decisions.h"

#define STACK_TABLE_ENTRIES 8192
#define STACK_TABLE_FRAMES 64
#include "stack_table.bpf.h"
#include "target.bpf.h"
#include "user_stack.bpf.h"
#include "wait_totals.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_GOROUTINES 65536
#define MAX_GO_WAITS 65536
#define MAX_GO_LOCKS 8192

/* Of goid in runtime.g; 0: not known. */
volatile __u32 goroutine_id_offset = 0;
volatile __u32 is_recording = 0;

/* By g. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_GOROUTINES);
	__type(key, __u64);
	__type(value, struct go_open_wait);
} go_open_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_GO_WAITS);
	__type(key, struct go_wait_key);
	__type(value, struct wait_totals);
} go_waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_GO_WAITS);
	__type(key, struct go_wait_key);
	__type(value, struct go_hold_totals);
} go_holds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_GO_LOCKS);
	__type(key, __u64);
	__type(value, struct go_lock_record);
} go_locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct go_counters);
} go_counts SEC(".maps");

static __always_inline struct go_lock_record *record_of(__u64 address, struct go_counters *counts)
{
	static const struct go_lock_record none = {};
	struct go_lock_record *lock = bpf_map_lookup_elem(&go_locks, &address);

	if (lock)
		return lock;
	bpf_map_update_elem(&go_locks, &address, &none, BPF_NOEXIST);
	lock = bpf_map_lookup_elem(&go_locks, &address);
	if (!lock)
		counts->lock_table_full++;
	return lock;
}

/* Two CPUs that settle one lock at once may both add a moment, or none: of the order of what a
 * probe takes.
 */
static __always_inline void settle(struct go_lock_record *lock, __u64 now)
{
	__u64 since = lock->settled_ns;

	if (now <= since)
		return;
	if (lock->waiters && since)
		__sync_fetch_and_add(&lock->accrued_ns, lock->waiters * (now - since));
	lock->settled_ns = now;
}

struct goroutine {
	__u64 g;
	__u64 number; /* 0: not known */
};

/* The frame pointers of Go lead through the goroutine's stack. */
static __always_inline __u64 stack_of(void *context, struct go_counters *counts)
{
	__u64 stack = key_of_stack(context, BPF_F_USER_STACK);

	if (!stack)
		counts->without_stack++;
	return stack;
}

static __always_inline int begin_wait(void *context, struct goroutine self, __u64 address,
				      __u8 kind, __u64 now, struct go_counters *counts)
{
	struct go_open_wait *open = bpf_map_lookup_elem(&go_open_waits, &self.g), wait = {};
	struct go_lock_record *lock;

	/* Woken, it did not get the lock and sleeps again: one wait. */
	if (open && open->key.address == address)
		return 0;
	wait.key.address = address;
	wait.key.goroutine = self.number;
	wait.key.g = self.g;
	wait.key.kind = kind;
	wait.key.stack = stack_of(context, counts);
	wait.start_ns = now;
	if (bpf_map_update_elem(&go_open_waits, &self.g, &wait, BPF_ANY)) {
		counts->open_table_full++;
		return 0;
	}
	lock = record_of(address, counts);
	if (!lock)
		return 0;
	settle(lock, now);
	__sync_fetch_and_add(&lock->waiters, 1);
	if (kind > lock->kind)
		lock->kind = kind;
	return 0;
}

/* `of_mutex`: at the end of the loop in which a Mutex is waited for, else in the runtime, where a
 * goroutine may be woken for a Mutex and not get it.
 */
static __always_inline int end_wait(struct goroutine self, bool of_mutex, __u64 now,
				    struct go_counters *counts)
{
	struct go_open_wait *open = bpf_map_lookup_elem(&go_open_waits, &self.g);
	struct go_lock_record *lock;
	struct go_wait_key key;
	__u64 wait_ns;
	__u32 bucket;

	if (!open || of_mutex != !open->key.kind)
		return 0; /* it spun, and had the lock without sleeping */
	key = open->key;
	if (key.goroutine != self.number)
		counts->changed_number++;
	wait_ns = now > open->start_ns ? now - open->start_ns : 0;
	bpf_map_delete_elem(&go_open_waits, &self.g);
	counts->ended++;
	if (add_wait(&go_waits, &key, wait_ns))
		counts->wait_table_full++;
	lock = bpf_map_lookup_elem(&go_locks, &key.address);
	if (!lock)
		return 0;
	settle(lock, now);
	if (lock->waiters)
		__sync_fetch_and_add(&lock->waiters, -1);
	/* Whoever had it has let go of it, which was settled. */
	lock->handoff_ns += lock->accrued_ns;
	lock->accrued_ns = 0;
	bucket = histogram_bucket(wait_ns);
	OPAQUE(bucket);
	if (bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&lock->histogram[bucket], 1);
	return 0;
}

static __always_inline int release(void *context, struct goroutine self, __u64 address, __u64 now,
				   struct go_counters *counts)
{
	struct go_wait_key key = {.address = address, .goroutine = self.number, .g = self.g};
	struct go_lock_record *lock = bpf_map_lookup_elem(&go_locks, &address);
	struct go_hold_totals *totals, zero = {};
	__u64 accrued_ns;

	if (!lock)
		return 0;
	settle(lock, now);
	accrued_ns = lock->accrued_ns;
	if (!accrued_ns)
		return 0;
	lock->accrued_ns = 0;
	key.stack = stack_of(context, counts);
	totals = bpf_map_lookup_elem(&go_holds, &key);
	if (!totals) {
		bpf_map_update_elem(&go_holds, &key, &zero, BPF_NOEXIST);
		totals = bpf_map_lookup_elem(&go_holds, &key);
	}
	if (!totals) {
		counts->hold_table_full++;
		return 0;
	}
	__sync_fetch_and_add(&totals->releases, 1);
	__sync_fetch_and_add(&totals->waiter_ns, accrued_ns);
	return 0;
}

SEC("uprobe")
int on_go_step(struct uprobe_registers *registers)
{
	__u64 now = bpf_ktime_get_ns(), cookie = bpf_get_attach_cookie(registers);
	/* r14 holds the running goroutine (Go's internal calling convention, since 1.17). */
	struct goroutine self = {.g = registers->r14};
	struct go_counters *counts;
	__u64 address;
	__u32 zero = 0;

	counts = bpf_map_lookup_elem(&go_counts, &zero);
	if (!counts || !is_recording)
		return 0;
	counts->hits++;
	if (!condition_holds(cookie_part(cookie, COOKIE_CONDITION), registers->flags))
		return 0;
	if (goroutine_id_offset && bpf_probe_read_user(&self.number, sizeof(self.number),
						       (void *)(self.g + goroutine_id_offset))) {
		counts->unreadable++;
		return 0;
	}
	address = registers->ax - cookie_part(cookie, COOKIE_LOCK_OFFSET);
	switch (cookie_part(cookie, COOKIE_STEP)) {
	case GO_WAITS:
		return begin_wait(registers, self, address, cookie_part(cookie, COOKIE_KIND), now,
				  counts);
	case GO_STOPS_WAITING:
		return end_wait(self, !cookie_part(cookie, COOKIE_KIND), now, counts);
	default:
		return release(registers, self, address, now, counts);
	}
}
