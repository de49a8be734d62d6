/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What do the BPF programs and user space tell each other, byte by byte?
 *
 * Fixed widths, explicit padding, sizes asserted by both compilers. Times are ns of
 * CLOCK_MONOTONIC. A tid is one of quarrel's pid namespace, an owner one of the target's own: glibc
 * wrote it.
 */
#ifndef QUARREL_EVENTS_H
#define QUARREL_EVENTS_H

#include <linux/types.h>

#ifdef __cplusplus
#define QUARREL_ABI_SIZE(type, bytes)                                                              \
	static_assert(sizeof(type) == (bytes), #type " has another size")
#else
#define QUARREL_ABI_SIZE(type, bytes)                                                              \
	_Static_assert(sizeof(type) == (bytes), #type " has another size")
#endif

enum {
	/* Scratch lives in one per-CPU map value, which the kernel limits to 32 KiB. */
	MAX_STACK_BYTES = 16384,
	/* The System V ABI lets leaf functions use 128 bytes below the stack pointer. */
	RED_ZONE_BYTES = 128,
	/* Above the stack pointer for a plain sample: enough for the frames of small functions. */
	SAMPLE_STACK_BYTES = 512,
	/* WaitHistogramShape of the model. */
	HISTOGRAM_FIRST_BIT = 9,
	HISTOGRAM_SUB_BUCKETS = 4,
	HISTOGRAM_BUCKETS = 116,
	/* CPUs that are looked at for peers of a sample. */
	MAX_PEER_CPUS = 64,
	/* Contended locks that a thread is remembered to hold; more are forgotten, oldest first. */
	MAX_HELD_LOCKS = 4,
	/* (waiter, owner) pairs of one word. A word that is no glibc lock may have a counter where
	 * the owner would stand: it must not fill the table for all others.
	 */
	MAX_PAIRS_PER_LOCK = 4096,
	/* DWARF numbering: rax rdx rcx rbx rsi rdi rbp rsp r8..r15 rip. */
	REGISTER_COUNT = 17,
};

/* Classes of the value that a waiter expected in the word. */
enum futex_value_class {
	VALUE_OTHER = 4,  /* 0..3 stand for themselves */
	VALUE_ROBUST = 5, /* FUTEX_WAITERS and a tid */
};

struct futex_signature {
	__u8 operation; /* FUTEX_WAIT, ... without flags */
	__u8 is_private;
	__u8 is_realtime;
	__u8 is_timed;
	__u8 value_class;
	__u8 pad[3];
};
QUARREL_ABI_SIZE(struct futex_signature, 8);

struct lock_key {
	__u64 address;
	struct futex_signature signature;
};
QUARREL_ABI_SIZE(struct lock_key, 16);

struct wait_key {
	struct lock_key lock;
	__u32 waiter;
	__u32 owner; /* 0: unknown */
};
QUARREL_ABI_SIZE(struct wait_key, 24);

struct wait_totals {
	__u64 count;
	__u64 total_ns;
	__u64 max_ns;
};
QUARREL_ABI_SIZE(struct wait_totals, 24);

struct wait_row {
	struct wait_key key; /* its waiter: 0 if the row is free */
	struct wait_totals totals;
	__u64 pad[2];
};
QUARREL_ABI_SIZE(struct wait_row, 64);

/* What the holder of a lock does while others wait for it. */
enum holder_state {
	HOLDER_RUNNING,
	HOLDER_RUNNABLE, /* preempted: wants a CPU and has none */
	HOLDER_BLOCKED,	 /* asleep in the kernel: a disk, a socket, a timer, a page */
	HOLDER_WAITING,	 /* asleep for another lock */
	HOLDER_STATES
};

enum {
	/* A power of two. A thread's record stands in the slot that its tid names, or close by. */
	THREAD_SLOTS = 32768,
	/* In thread_record.libc_tid: its thread has ended. */
	ENDED_THREAD = 0xffffffff,
};

/* One futex word. Time that waiters spend is waiters x time, added up at every change ("settled")
 * and charged to whoever held the lock meanwhile.
 *
 * Two CPUs write this record in turns, as they do the lock: what an event needs stands in one cache
 * line.
 */
struct lock_record {
	/* A line: whoever sleeps, wakes, or leaves the CPU. */
	__u64 address;			  /* 0: the slot is free */
	struct futex_signature signature; /* of the first wait */
	__s32 waiters;			  /* asleep now */
	__u32 slot_waits;		  /* in the slot of time: */
	__u64 slot;			  /* of the last event; see slot_of() */
	__u32 holder;			  /* as the target's libc counts; 0: not known */
	__u16 scale;			  /* in the slot; see scale_of() */
	__u16 is_provisional; /* the holder is the woken thread, which may have found it taken */
	__u64 wakes;	      /* calls */
	__u64 settled_ns;     /* the time up to which accrued_ns is added up */
	__u64 accrued_ns;     /* waiter time that nobody is charged with yet */
	/* A line: what is followed in some slots only, and captures. */
	__u64 accrued_since_ns;
	/* Waiter time between a wake and the return of the woken thread. It is nobody's, unless
	 * another thread turns out to have taken the lock first.
	 */
	__u64 handoff_ns;
	__u64 all_handoffs_ns;
	__u64 captures;
	__u64 wake_captures;
	__u64 wasted_wakes; /* of the wakes: nobody was woken */
	__u64 not_blocked;
	__u64 is_sampled; /* the scale was not always 1 */
	/* A line: what is rare. */
	__u64 pairs; /* (waiter, owner) keys made for this word */
	__u64 interrupted;
	__u64 interrupted_ns;
	__u64 timed_out;
	__u64 timed_out_ns;
	struct wait_totals others; /* of waits that found the table of waits full */
};
QUARREL_ABI_SIZE(struct lock_record, 192);

/* How long the waits for the word in the same slot of the table of locks were. */
struct lock_histogram {
	__u64 counts[HISTOGRAM_BUCKETS];
};
QUARREL_ABI_SIZE(struct lock_histogram, 928);

struct holder_key {
	__u64 address;	    /* 0: the row is free */
	__u64 next_address; /* the word that the holder sleeps for meanwhile; else 0 */
	__u32 holder;	    /* as the target's libc counts; 0: nobody */
	__u32 is_written;   /* the CPU that takes a free row has written the key */
};
QUARREL_ABI_SIZE(struct holder_key, 24);

struct holder_row {
	struct holder_key key;
	__u64 waiter_ns[HOLDER_STATES];
	__u64 pad;
};
QUARREL_ABI_SIZE(struct holder_row, 64);

enum wake_step {
	WAKE_NONE,
	WAKE_SEEN,  /* the thread is charged with what it ended */
	WAKE_DRAWN, /* and its stack is to be captured after the call */
};

/* One thread of the target. glibc's slow path calls futex again after a wake that came too late:
 * such calls are one wait, which is over when the thread wakes others or waits elsewhere.
 */
struct thread_record {
	/* A line: context switches. */
	__u32 libc_tid;	  /* as the target's libc counts; 0: the slot was never used */
	__u16 is_counted; /* it is in lock_record.waiters */
	__u16 is_off_cpu_holder;
	__u64 held[MAX_HELD_LOCKS]; /* words that it held when others waited; may be stale */
	__u32 state;		    /* enum holder_state, like the next */
	__u32 last_off_state;
	__u64 off_since_ns; /* the last time off the CPU; until: 0 while it lasts */
	__u64 off_until_ns;
	/* A line: calls of futex. */
	__u64 start_ns;	      /* of the sleep; 0: it is in no call that slept */
	struct lock_key lock; /* of the wait that goes on or was the last */
	__u64 waited_ns;      /* in finished calls of the wait; 0 and no call: no wait is open */
	__u64 wake_weight_ns; /* of the wake that goes on, if its stack is to be captured: */
	__u32 wake;	      /* enum wake_step */
	__u32 tid;	      /* in quarrel's pid namespace */
	__u32 owner;
	__u32 next_held;
	__u32 waits_for_readers; /* of a rwlock, which no word names */
	__u32 pad;
};
QUARREL_ABI_SIZE(struct thread_record, 128);

/* How lock_waits comes to the stacks of waiters. */
enum stack_mode {
	STACKS_COPIED,	/* a sample in proportion to the wait, unwound by user space */
	STACKS_UNWOUND, /* the same sample, unwound in the kernel, copied once for each lock */
	STACKS_EXACT,	/* every wait is unwound and added up in the kernel */
};

/* STACKS_UNWOUND has no waiter and no owner: what was copied once needs no second copy. */
struct stack_key {
	struct lock_key lock;
	__u32 waiter;
	__u32 owner;
	__u64 stack; /* in unwound_stacks */
};
QUARREL_ABI_SIZE(struct stack_key, 32);

struct lock_wait_counters {
	__u64 blocking;	    /* waits that slept and ended */
	__u64 start_unseen; /* of them, without a start */
	__u64 thread_table_full;
	__u64 wait_table_full;
	__u64 lock_table_full;
	__u64 holder_table_full;
	__u64 captures;
	__u64 capture_ring_full;
	__u64 wake_captures;
	__u64 wake_ring_full;
	__u64 stack_unreadable;
	__u64 examples;
	__u64 example_ring_full;
	__u64 stack_table_full;
};
QUARREL_ABI_SIZE(struct lock_wait_counters, 112);

struct capture_header {
	__u64 time_ns;
	__u32 tid;
	__u32 stack_bytes; /* follow the event */
	__u64 stack_start;
	__u64 registers[REGISTER_COUNT];
	__u64 fs_base; /* at which the thread's own variables end; 0: not set yet */
};
QUARREL_ABI_SIZE(struct capture_header, 168);

enum wait_event_kind {
	EVENT_WAIT,
	EVENT_WAKE,    /* the thread let go of the lock and woke another */
	EVENT_EXAMPLE, /* of a wait that stack_waits counts */
};

struct wait_event {
	struct capture_header capture;
	struct lock_key lock;
	__u64 wait_ns; /* of the whole wait so far; of a wake: the waiter time that it ended */
	__u64 weight_ns;
	__u32 owner;
	__u32 kind;
	__u64 stack; /* in unwound_stacks; 0: not unwound, its bytes follow */
};
QUARREL_ABI_SIZE(struct wait_event, 216);

struct tick_event {
	struct capture_header capture;
	__u64 blamed; /* the lock word; 0: nobody waits for this thread */
	__u64 reserved;
	__u32 waiters;
	__u32 is_user;
	__u32 cpu;
	__u32 peer_count;
	__u32 peers[MAX_PEER_CPUS];
};
QUARREL_ABI_SIZE(struct tick_event, 456);

struct tick_counters {
	__u64 user;
	__u64 kernel;
	__u64 user_ring_full;
	__u64 kernel_blamed; /* of kernel, sent as blame */
	__u64 kernel_ring_full;
	__u64 blamed; /* of both, sent because others wait for the thread */
	__u64 blamed_ring_full;
	__u64 pad;
};
QUARREL_ABI_SIZE(struct tick_counters, 64);

/* A thread that is off the CPU and holds a lock that others wait for (thread_states). */
struct holder_event {
	struct capture_header capture;
	__u64 address;
	__u32 waiters;
	__u32 state;
};
QUARREL_ABI_SIZE(struct holder_event, 184);

/* Where a thread has its own variables (thread_states). */
struct thread_base {
	__u64 fs_base;
	__u32 tid;
	__u32 pad;
};
QUARREL_ABI_SIZE(struct thread_base, 16);

/* A lock of the kernel and the path that wants it (kernel_locks). */
struct kernel_lock_key {
	__u64 address;
	__u64 kernel_stack; /* in stack_table; 0: none */
	__u32 flags;	    /* LCB_F_* of the kernel's trace/events/lock.h */
	__u32 is_mmap_lock; /* of the target's own address space */
};
QUARREL_ABI_SIZE(struct kernel_lock_key, 24);

struct kernel_lock_event {
	struct capture_header capture;
	struct kernel_lock_key lock;
	__u64 weight_ns;
};
QUARREL_ABI_SIZE(struct kernel_lock_event, 200);

struct kernel_lock_counters {
	__u64 ended;
	__u64 start_unseen; /* of them: began before the attach, or: */
	__u64 open_table_full;
	__u64 wait_table_full;
	__u64 captures;
	__u64 capture_ring_full;
	__u64 without_kernel_stack; /* waits, of those that began */
};
QUARREL_ABI_SIZE(struct kernel_lock_counters, 56);

/* A lock as the probes of lock_holds see it. */
struct hold_totals {
	__u64 acquisitions;
	__u64 try_failures;
	__u64 holds; /* that began and ended while the probes stood */
	__u64 total_ns;
	__u64 max_ns;
	__u64 is_rwlock; /* then acquisitions are those for writing */
	__u64 histogram[HISTOGRAM_BUCKETS];
};
QUARREL_ABI_SIZE(struct hold_totals, 48 + 8 * HISTOGRAM_BUCKETS);

struct hold_counters {
	__u64 hits;	    /* of probes */
	__u64 acquisitions; /* of locks */
	__u64 holds;	    /* of them, seen to their end */
	__u64 nested_too_deep;
	__u64 lock_table_full;
	__u64 take_unseen; /* let go of, but taken before the probes stood, or by another thread */
	__u64 captures_lost; /* stacks by which a lock would have been named */
};
QUARREL_ABI_SIZE(struct hold_counters, 56);

/* A thread that has just taken a lock. */
struct hold_event {
	struct capture_header capture;
	__u64 address;
};
QUARREL_ABI_SIZE(struct hold_event, 176);

/* Blocks of malloc (allocations). */
enum block_step {
	BLOCK_ALLOCATED,
	BLOCK_FREED,
};

/* One that was not freed yet. */
struct live_block {
	__u64 bytes; /* usable */
	__u64 allocated_ns;
	__u64 stack; /* in unwound_stacks; 0: sent as a block_event, or not known */
	__u32 tid;
	__u32 pad;
};
QUARREL_ABI_SIZE(struct live_block, 32);

/* One whose end user space wants to know. */
struct watched_block {
	__u64 allocated_ns; /* tells it from others at that address */
	__u64 freed_ns;	    /* 0: not yet */
};
QUARREL_ABI_SIZE(struct watched_block, 16);

struct block_counters {
	__u64 hits;	 /* of probes */
	__u64 allocated; /* blocks; of them: */
	__u64 unreadable;
	__u64 table_full;
	__u64 without_stack;
	__u64 captures; /* stacks that were copied */
	__u64 freed;	/* of those in the table */
};
QUARREL_ABI_SIZE(struct block_counters, 56);

/* The stack of a block that could not be unwound in the kernel; capture.time_ns is its
 * allocated_ns.
 */
struct block_event {
	struct capture_header capture;
	__u64 address;
};
QUARREL_ABI_SIZE(struct block_event, 176);

/* Go: goroutines wait in the runtime, not in the kernel (go_locks). */
enum go_step {
	GO_WAITS,
	GO_STOPS_WAITING,
	GO_RELEASES,
};

struct go_wait_key {
	__u64 address;
	__u64 goroutine; /* its number; 0: not known */
	__u64 g;	 /* where its runtime.g stands, used again when it has ended */
	__u64 stack;	 /* in stack_table; 0: none */
	__u32 kind;
	__u32 pad;
};
QUARREL_ABI_SIZE(struct go_wait_key, 40);

/* A goroutine that waits now. */
struct go_open_wait {
	struct go_wait_key key;
	__u64 start_ns;
};
QUARREL_ABI_SIZE(struct go_open_wait, 48);

/* Waiter time is settled at every change, as in struct lock_record. */
struct go_lock_record {
	__u64 settled_ns;
	__u64 accrued_ns; /* since the last release, or the last waiter that had it */
	__u64 handoff_ns;
	__u32 waiters;
	__u32 kind; /* a RWMutex once seen as one */
	__u64 histogram[HISTOGRAM_BUCKETS];
};
QUARREL_ABI_SIZE(struct go_lock_record, 32 + 8 * HISTOGRAM_BUCKETS);

struct go_hold_totals {
	__u64 releases;
	__u64 waiter_ns;
};
QUARREL_ABI_SIZE(struct go_hold_totals, 16);

struct go_counters {
	__u64 hits;
	__u64 ended;	       /* waits */
	__u64 start_unseen;    /* of them: began before the probes stood */
	__u64 open_table_full; /* of them: not noted */
	__u64 wait_table_full;
	__u64 lock_table_full;
	__u64 hold_table_full;
	__u64 unreadable;     /* the number of the goroutine */
	__u64 changed_number; /* of a goroutine while it waited: is it one? */
	__u64 without_stack;  /* waits and releases */
};
QUARREL_ABI_SIZE(struct go_counters, 80);

#endif
