/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How do the user registers and stack bytes of the current thread get into an event? */
#ifndef QUARREL_USER_STACK_BPF_H
#define QUARREL_USER_STACK_BPF_H

#include "events.h"
#include "user_stack_decisions.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

#define PAGE_BYTES 4096

/* Into DWARF order, from any structure with the kernel's register names. */
#define STORE_REGISTERS(to, from)                                                                  \
	do {                                                                                       \
		(to)[0] = (from)->ax;                                                              \
		(to)[1] = (from)->dx;                                                              \
		(to)[2] = (from)->cx;                                                              \
		(to)[3] = (from)->bx;                                                              \
		(to)[4] = (from)->si;                                                              \
		(to)[5] = (from)->di;                                                              \
		(to)[6] = (from)->bp;                                                              \
		(to)[7] = (from)->sp;                                                              \
		(to)[8] = (from)->r8;                                                              \
		(to)[9] = (from)->r9;                                                              \
		(to)[10] = (from)->r10;                                                            \
		(to)[11] = (from)->r11;                                                            \
		(to)[12] = (from)->r12;                                                            \
		(to)[13] = (from)->r13;                                                            \
		(to)[14] = (from)->r14;                                                            \
		(to)[15] = (from)->r15;                                                            \
		(to)[16] = (from)->ip;                                                             \
	} while (0)

/* Keeps clang from proving a bound in a register that the verifier no longer tracks. */
#define OPAQUE(value) asm volatile("" : "+r"(value))

/* Copies up to MAX_STACK_BYTES; returns how many. bpf_probe_read_user is all or nothing and cannot
 * fault pages in, so after a refusal the pages are tried one by one up to the first that is absent.
 */
static __noinline __u32 copy_user_bytes(__u8 *to, __u64 start, __u32 length)
{
	__u32 copied;

	if (!to)
		return 0;
	OPAQUE(length);
	if (length > MAX_STACK_BYTES)
		length = MAX_STACK_BYTES;
	if (length && !bpf_probe_read_user(to, length, (void *)start))
		return length;
	copied = PAGE_BYTES - (start & (PAGE_BYTES - 1));
	if (bpf_probe_read_user(to, copied, (void *)start))
		return 0;
	for (int page = 0; page < MAX_STACK_BYTES / PAGE_BYTES - 1; page++) {
		OPAQUE(copied);
		if (copied >= length || copied > MAX_STACK_BYTES - PAGE_BYTES)
			break;
		if (bpf_probe_read_user(to + copied, PAGE_BYTES, (void *)(start + copied)))
			break;
		copied += PAGE_BYTES;
	}
	return copied < length ? copied : length;
}

/* Copies from below the red zone up to the end of the stack or `limit` bytes. */
static __always_inline void capture_stack(struct capture_header *capture, __u8 *to, __u64 sp,
					  __u32 limit)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 start = sp - RED_ZONE_BYTES;
	__u32 length = stack_copy_length(start, task->thread.fsbase, task->mm->start_stack, limit);

	capture->fs_base = task->thread.fsbase;
	capture->stack_start = start;
	capture->stack_bytes = copy_user_bytes(to, start, length);
}

#endif
