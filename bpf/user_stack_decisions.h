/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How many bytes of a user stack are worth copying? */
#ifndef QUARREL_USER_STACK_DECISIONS_H
#define QUARREL_USER_STACK_DECISIONS_H

#include <linux/types.h>

#include "events.h"

/* Bytes of the initial frame that _start reads: argc and the first of argv. */
#define QUARREL_START_BYTES 64

/* From `start` upwards, at most `limit`. A copy that runs over the end of the stack fails as a
 * whole, so the end is guessed first: glibc puts the thread control block, to which fs_base points,
 * at the top of the stack of every thread but the first; the first ends at mm->start_stack.
 */
static inline __u32 stack_copy_length(__u64 start, __u64 fs_base, __u64 start_stack, __u32 limit)
{
	__u64 length = limit < MAX_STACK_BYTES ? limit : (__u32)MAX_STACK_BYTES;

	if (fs_base > start && fs_base - start < length)
		length = fs_base - start;
	if (start_stack > start && start_stack - start + QUARREL_START_BYTES < length)
		length = start_stack - start + QUARREL_START_BYTES;
	return (__u32)length;
}

#endif
