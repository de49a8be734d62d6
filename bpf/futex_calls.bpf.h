/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which futex word does a thread wait for, or wake, by the registers of its system call? */
#ifndef QUARREL_FUTEX_CALLS_BPF_H
#define QUARREL_FUTEX_CALLS_BPF_H

#include "lock_wait_decisions.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

/* x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
enum {
	SYS_FUTEX = 202,
	SYS_FUTEX_WAITV = 449, /* since 5.16 */
	SYS_FUTEX_WAKE = 454,  /* since 6.7, like the next */
	SYS_FUTEX_WAIT = 455,
};

/* include/linux/sched.h. Futexes are waited for in the first state; another CPU that wakes the
 * thread already may have put the second in its place. A page is waited for in neither.
 */
enum { TASK_SLEEPS_INTERRUPTIBLY = 0x1, TASK_IS_WOKEN = 0x200 };

static __always_inline bool may_sleep_for_futex(__u32 task_state)
{
	return task_state & (TASK_SLEEPS_INTERRUPTIBLY | TASK_IS_WOKEN);
}

static __always_inline bool is_wake_call(const struct pt_regs *registers)
{
	return registers->orig_ax == SYS_FUTEX_WAKE ||
	       (registers->orig_ax == SYS_FUTEX &&
		is_wake_operation(registers->si & FUTEX_CMD_MASK));
}

/* False if the call is none that waits for one word. futex_wait(uaddr, val, mask, flags, timeout,
 * clockid) has a private flag with the value of FUTEX_PRIVATE_FLAG.
 */
static __always_inline bool read_wait_call(const struct pt_regs *registers, struct lock_key *key)
{
	__u64 call = registers->orig_ax;

	if (call == SYS_FUTEX && is_wait_operation(registers->si & FUTEX_CMD_MASK)) {
		key->address = registers->di;
		key->signature = signature_of(registers->si, registers->dx, registers->r10);
		return true;
	}
	if (call != SYS_FUTEX_WAIT)
		return false;
	key->address = registers->di;
	key->signature = signature_of(FUTEX_WAIT_BITSET | (registers->r10 & FUTEX_PRIVATE_FLAG),
				      registers->si, registers->r8);
	return true;
}

/* futex_waitv(waiters, nr_futexes, flags, timeout, clockid): the first word stands for all. */
static __always_inline bool read_first_of_several(const struct pt_regs *registers,
						  struct lock_key *key)
{
	struct {
		__u64 val;
		__u64 uaddr;
		__u32 flags;
		__u32 reserved;
	} first = {};

	if (bpf_probe_read_user(&first, sizeof(first), (void *)registers->di))
		return false;
	key->address = first.uaddr;
	key->signature = signature_of(FUTEX_WAIT_BITSET | (first.flags & FUTEX_PRIVATE_FLAG),
				      first.val, registers->r10);
	return true;
}

/* The same for any call, of the current thread: its memory may be read. */
static __always_inline bool read_own_wait_call(const struct pt_regs *registers,
					       struct lock_key *key)
{
	if (registers->orig_ax == SYS_FUTEX_WAITV)
		return read_first_of_several(registers, key);
	return read_wait_call(registers, key);
}

#endif
