/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What does a probed instruction mean, and will its branch be taken?
 *
 * Pure functions: the BPF programs call them, and the unit tests call the same on the host.
 */
#ifndef QUARREL_PROBE_DECISIONS_H
#define QUARREL_PROBE_DECISIONS_H

#include <linux/types.h>

/* Where the parts of a probe stand in its cookie. */
enum probe_cookie {
	COOKIE_STEP = 0,     /* enum lock_step */
	COOKIE_REGISTER = 8, /* its word in struct uprobe_registers */
	COOKIE_CONDITION = 16,
	COOKIE_IS_RWLOCK = 24,
	/* Of probes of Go programs, in place of these. */
	COOKIE_KIND = 24,
	COOKIE_LOCK_OFFSET = 8,
};

enum lock_step {
	STEP_ACQUIRED,
	STEP_RELEASED,
	STEP_TRY_FAILED,
};

enum {
	CONDITION_ALWAYS = 16,
	FLAG_CARRY = 1 << 0,
	FLAG_PARITY = 1 << 2,
	FLAG_ZERO = 1 << 6,
	FLAG_SIGN = 1 << 7,
	FLAG_OVERFLOW = 1 << 11,
};

static inline __u64 probe_cookie(__u64 step, __u64 lock_register, __u64 condition, __u64 is_rwlock)
{
	return step << COOKIE_STEP | lock_register << COOKIE_REGISTER |
	       condition << COOKIE_CONDITION | is_rwlock << COOKIE_IS_RWLOCK;
}

static inline __u8 cookie_part(__u64 cookie, enum probe_cookie part)
{
	return (__u8)(cookie >> part);
}

/* Of an even condition code; the odd one after it is its opposite (Intel SDM, appendix B.1). */
static inline int even_condition_holds(__u8 condition, __u64 flags)
{
	int sign_differs = !(flags & FLAG_SIGN) != !(flags & FLAG_OVERFLOW);

	switch (condition >> 1) {
	case 0:
		return (flags & FLAG_OVERFLOW) != 0;
	case 1:
		return (flags & FLAG_CARRY) != 0;
	case 2:
		return (flags & FLAG_ZERO) != 0;
	case 3:
		return (flags & (FLAG_CARRY | FLAG_ZERO)) != 0;
	case 4:
		return (flags & FLAG_SIGN) != 0;
	case 5:
		return (flags & FLAG_PARITY) != 0;
	case 6:
		return sign_differs;
	default:
		return sign_differs || (flags & FLAG_ZERO) != 0;
	}
}

static inline int condition_holds(__u8 condition, __u64 flags)
{
	if (condition >= CONDITION_ALWAYS)
		return 1;
	return even_condition_holds(condition & 0xe, flags) ^ (condition & 1);
}

#endif
