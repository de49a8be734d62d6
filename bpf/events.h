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

struct lock_totals {
	__s64 waiters; /* asleep now, of those that saw an owner */
	__u64 pairs;   /* (waiter, owner) keys made for this word */
	__u64 captures;
	__u64 not_blocked;
	__u64 interrupted;
	__u64 interrupted_ns;
	__u64 timed_out;
	__u64 timed_out_ns;
	__u64 histogram[HISTOGRAM_BUCKETS];
};
QUARREL_ABI_SIZE(struct lock_totals, 992);

/* A wait between its sys_enter and its sys_exit. */
struct open_wait {
	struct lock_key lock;
	__u64 start_ns;
	__u32 owner;
	__u32 is_counted; /* it is in lock_totals.waiters */
};
QUARREL_ABI_SIZE(struct open_wait, 32);

struct lock_wait_counters {
	__u64 blocking;	    /* waits that slept and were woken */
	__u64 start_unseen; /* of them, without an open_wait */
	__u64 open_table_full;
	__u64 wait_table_full;
	__u64 lock_table_full;
	__u64 captures;
	__u64 capture_ring_full;
	__u64 stack_unreadable;
};
QUARREL_ABI_SIZE(struct lock_wait_counters, 64);

struct capture_header {
	__u64 time_ns;
	__u32 tid;
	__u32 stack_bytes; /* follow the event */
	__u64 stack_start;
	__u64 registers[REGISTER_COUNT];
};
QUARREL_ABI_SIZE(struct capture_header, 160);

struct wait_event {
	struct capture_header capture;
	struct lock_key lock;
	__u64 wait_ns;
	__u64 weight_ns;
	__u32 owner;
	__u32 pad;
};
QUARREL_ABI_SIZE(struct wait_event, 200);

struct tick_event {
	struct capture_header capture;
	struct lock_key blamed; /* address 0: nobody waits for this thread */
	__u32 waiters;
	__u32 is_user;
	__u32 cpu;
	__u32 peer_count;
	__u32 peers[MAX_PEER_CPUS];
};
QUARREL_ABI_SIZE(struct tick_event, 448);

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

#endif
