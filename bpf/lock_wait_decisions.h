/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What does a futex call mean, who owns the word, and is a wait worth a capture?
 *
 * Pure functions: the BPF program calls them, and the unit tests call the same on the host.
 */
#ifndef QUARREL_LOCK_WAIT_DECISIONS_H
#define QUARREL_LOCK_WAIT_DECISIONS_H

#include <linux/futex.h>
#include <linux/types.h>

#include "events.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

/* Largest pid_max of a 64-bit kernel (PID_MAX_LIMIT in include/linux/threads.h). */
#define QUARREL_MAX_TID 4194304u

enum futex_outcome {
	OUTCOME_BLOCKED,
	OUTCOME_NOT_BLOCKED,
	OUTCOME_INTERRUPTED,
	OUTCOME_TIMED_OUT,
	OUTCOME_FAILED, /* a wrong call: bad address, bad flags, deadlock refused */
};

/* Where the word that names the owner stands, as an offset from the futex word. */
enum owner_place {
	OWNER_NOWHERE = -1,
	OWNER_IN_WORD = 0,
	OWNER_OF_MUTEX = 8,	      /* pthread_mutex_t.__owner */
	OWNER_OF_RWLOCK_WRITERS = 12, /* __cur_writer (+24) seen from __writers_futex (+12) */
	OWNER_OF_RWLOCK_PHASE = 16,   /* __cur_writer (+24) seen from __wrphase_futex (+8) */
};

/* What follows __lock and __count of a pthread_mutex_t of glibc on x86-64. */
struct mutex_tail {
	__u32 owner;
	__u32 users;
	__u32 kind;
};

static inline int is_pi_lock(__u32 operation)
{
	return operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2;
}

/* `operation` without flags. */
static inline int is_wait_operation(__u32 operation)
{
	return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET || is_pi_lock(operation) ||
	       operation == FUTEX_WAIT_REQUEUE_PI;
}

static inline __u8 value_class_of(__u32 value)
{
	if (value <= 3)
		return (__u8)value;
	if ((value & FUTEX_WAITERS) && (value & FUTEX_TID_MASK))
		return VALUE_ROBUST;
	return VALUE_OTHER;
}

/* Always inlined: BPF functions do not return structures. */
static inline __attribute__((always_inline)) struct futex_signature
signature_of(__u32 operation_and_flags, __u32 value, __u64 timeout)
{
	struct futex_signature signature = {};
	__u32 operation = operation_and_flags & FUTEX_CMD_MASK;

	signature.operation = (__u8)operation;
	signature.is_private = (operation_and_flags & FUTEX_PRIVATE_FLAG) != 0;
	signature.is_realtime = (operation_and_flags & FUTEX_CLOCK_REALTIME) != 0;
	signature.is_timed = timeout != 0;
	/* A PI lock has no expected value: the argument is whatever the caller left there. */
	signature.value_class = is_pi_lock(operation) ? (__u8)VALUE_OTHER : value_class_of(value);
	return signature;
}

/* A waiter of this signature wants what another thread has (as far as the call alone shows). */
static inline int wants_a_lock(const struct futex_signature *signature)
{
	if (is_pi_lock(signature->operation))
		return 1;
	if (signature->operation == FUTEX_WAIT_REQUEUE_PI)
		return 0;
	return signature->value_class == 2 || signature->value_class == 3 ||
	       signature->value_class == VALUE_ROBUST;
}

/* A futex call of this signature may be made again and again until the lock is taken, and the
 * unlock that follows wakes in any case: glibc and Rust leave the word at "has waiters" then.
 */
static inline int repeats_until_taken(const struct futex_signature *signature)
{
	if (signature->value_class == VALUE_ROBUST)
		return 1;
	if (signature->value_class != 2)
		return 0;
	/* With FUTEX_WAIT_BITSET and without a timeout it is a rwlock. */
	return signature->operation == FUTEX_WAIT || signature->is_timed;
}

/* Of the words of a rwlock: who holds it for reading is written down nowhere. */
static inline int is_rwlock(const struct futex_signature *signature)
{
	if (signature->operation != FUTEX_WAIT_BITSET)
		return 0;
	return signature->value_class == 3 || (signature->value_class == 2 && !signature->is_timed);
}

/* `operation` without flags: may it end the wait of another thread for the first word? */
static inline int is_wake_operation(__u32 operation)
{
	return operation == FUTEX_WAKE || operation == FUTEX_WAKE_BITSET ||
	       operation == FUTEX_WAKE_OP || operation == FUTEX_UNLOCK_PI;
}

/* The part of `amount`, spread evenly over [since, until), that falls into [from, to). */
static inline __u64 part_within(__u64 amount, __u64 since, __u64 until, __u64 from, __u64 to)
{
	__u64 begin = from > since ? from : since;
	__u64 end = to < until ? to : until;

	if (end <= begin || until <= since)
		return 0;
	/* In 1/1024: amounts stay below 2^54 ns, lengths too. */
	return amount * ((end - begin) * 1024 / (until - since)) / 1024;
}

/* glibc 2.36. Of the words of a rwlock, which is 8-aligned, __wrphase_futex stands at +8 and
 * __writers_futex at +12, hence the low bits tell them apart. A write lock that waits for readers
 * (value 2 at +8) reads zero padding as its owner: readers are not written down anywhere.
 */
static inline enum owner_place owner_place_of(const struct lock_key *lock)
{
	if (is_pi_lock(lock->signature.operation))
		return OWNER_IN_WORD;
	if (!wants_a_lock(&lock->signature))
		return OWNER_NOWHERE;
	if (lock->signature.value_class == VALUE_ROBUST)
		return OWNER_IN_WORD;
	if (lock->signature.value_class == 2)
		return OWNER_OF_MUTEX;
	return (lock->address & 7) == 4 ? OWNER_OF_RWLOCK_WRITERS : OWNER_OF_RWLOCK_PHASE;
}

static inline __u32 owner_from_word(__u32 word)
{
	__u32 owner = word & FUTEX_TID_MASK;

	return owner <= QUARREL_MAX_TID ? owner : 0;
}

/* No bit above PTHREAD_MUTEX_NO_ELISION_NP is used in a kind (nptl/pthreadP.h of glibc 2.36). */
#define MUTEX_KIND_BITS 0x3ffu

/* Other runtimes wait with value 2 too (Rust: the guarded data may stand where glibc has the
 * owner), so the neighbours must look like a pthread_mutex_t.
 */
static inline int looks_like_mutex(const struct mutex_tail *tail)
{
	return tail->owner <= QUARREL_MAX_TID && tail->users <= QUARREL_MAX_TID &&
	       !(tail->kind & ~MUTEX_KIND_BITS);
}

static inline __u32 owner_from_mutex_tail(const struct mutex_tail *tail)
{
	return looks_like_mutex(tail) ? tail->owner : 0;
}

/* `result` as sys_exit has it. The kernel's restart codes (-512..-516) never reach user space. */
static inline enum futex_outcome outcome_of(__s64 result)
{
	if (result >= 0)
		return OUTCOME_BLOCKED;
	if (result == -11 /* EAGAIN */)
		return OUTCOME_NOT_BLOCKED;
	if (result == -4 /* EINTR */ || (result <= -512 && result >= -516))
		return OUTCOME_INTERRUPTED;
	if (result == -110 /* ETIMEDOUT */)
		return OUTCOME_TIMED_OUT;
	return OUTCOME_FAILED;
}

/* The thread slept in the call, whatever ended that. */
static inline int was_asleep(enum futex_outcome outcome)
{
	return outcome == OUTCOME_BLOCKED || outcome == OUTCOME_INTERRUPTED ||
	       outcome == OUTCOME_TIMED_OUT;
}

/* After a call that slept: is the wait over? A call that a signal interrupts is made again, by the
 * kernel or by the library.
 */
static inline int ends_wait(const struct futex_signature *signature, enum futex_outcome outcome)
{
	if (outcome == OUTCOME_INTERRUPTED)
		return 0;
	return outcome == OUTCOME_TIMED_OUT || !repeats_until_taken(signature);
}

static inline __u32 highest_bit(__u64 value)
{
	__u32 bit = 0;

	/* Five halvings: BPF has no count-leading-zeros instruction. */
	if (value >> 32) {
		bit += 32;
		value >>= 32;
	}
	if (value >> 16) {
		bit += 16;
		value >>= 16;
	}
	if (value >> 8) {
		bit += 8;
		value >>= 8;
	}
	if (value >> 4) {
		bit += 4;
		value >>= 4;
	}
	if (value >> 2) {
		bit += 2;
		value >>= 2;
	}
	return bit + (__u32)(value >> 1);
}

/* Log-linear: 4 buckets per power of two from 512 ns; below that the first, above 2^38 the last. */
static inline __u32 histogram_bucket(__u64 wait_ns)
{
	__u32 bit, bucket;

	if (wait_ns < (1ull << HISTOGRAM_FIRST_BIT))
		return 0;
	bit = highest_bit(wait_ns);
	bucket = (bit - HISTOGRAM_FIRST_BIT) * HISTOGRAM_SUB_BUCKETS +
		 (__u32)((wait_ns >> (bit - 2)) & (HISTOGRAM_SUB_BUCKETS - 1));
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* Size-biased sampling: what the wait stands for, 0 if it is not taken. A wait shorter than the
 * threshold is taken with probability wait / threshold and then stands for the threshold, so that
 * the sum of weights estimates the sum of waits without bias. threshold_ns < 2^32.
 */
static inline __u64 capture_weight(__u64 wait_ns, __u64 threshold_ns, __u32 random)
{
	if (wait_ns >= threshold_ns)
		return wait_ns;
	return ((__u64)random * threshold_ns) >> 32 < wait_ns ? threshold_ns : 0;
}

/* Slots in which captures are counted: 8 ms. */
#define CAPTURE_SLOT_SHIFT 23
/* As high as user space lets it become; see CaptureThreshold. */
#define MAX_THRESHOLD_NS 1000000000ull

/* Waiting for events (idle workers) must not use up the captures that locks need. */
static inline __u64 capture_threshold(__u64 threshold_ns, const struct futex_signature *signature)
{
	return wants_a_lock(signature) ? threshold_ns : threshold_ns * 8;
}

/* Following the holders of a lock costs more than the rest of its wait. Where many wait, it is done
 * in one slot of time in eight, and each slot stands for eight.
 */
enum {
	WATCH_SLOT_SHIFT = 20, /* 1.05 ms */
	WATCH_EVERY = 8,
	HOT_WAITS_PER_SLOT = 4
};

static inline __u64 slot_of(__u64 time_ns)
{
	return time_ns >> WATCH_SLOT_SHIFT;
}

static inline __u64 slot_start(__u64 slot)
{
	return slot << WATCH_SLOT_SHIFT;
}

/* Spread like random numbers, because the target may do something every 8 ms. */
static inline int is_watched_slot(__u64 slot)
{
	return slot * 0x9e3779b97f4a7c15ull >> 61 == 0;
}

/* What waiter time counts in a slot, by the waits of the slot before: 0 if holders are not
 * followed.
 */
static inline __u32 scale_of(__u64 slot, __u64 waits_before)
{
	if (waits_before <= HOT_WAITS_PER_SLOT)
		return 1;
	return is_watched_slot(slot) ? WATCH_EVERY : 0;
}

/* Waiter time from `since` to `until`, of a lock that nothing has happened to since: its scale is
 * that of the slot, and what comes after that counts as it is.
 */
static inline __u64 waiter_time(__s64 waiters, __u32 scale, __u64 slot, __u64 since, __u64 until)
{
	__u64 end = slot_start(slot + 1), first = until < end ? until : end, time = 0;

	if (waiters <= 0)
		return 0;
	if (first > since)
		time += (first - since) * scale;
	if (until > end)
		time += until - (since > end ? since : end);
	return time * waiters;
}

#endif
