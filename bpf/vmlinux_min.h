/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which few kernel structures do the programs read?
 *
 * Only the members that are used, in any order: preserve_access_index makes libbpf look up the real
 * offsets in the running kernel's BTF (CO-RE), so this is not 130,000 generated lines.
 */
#ifndef QUARREL_VMLINUX_MIN_H
#define QUARREL_VMLINUX_MIN_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct rw_semaphore {
	int unused;
};

struct mm_struct {
	unsigned long start_stack;
	struct rw_semaphore mmap_lock;
};

struct thread_struct {
	unsigned long fsbase;
};

struct task_struct {
	int pid;
	int tgid;
	int on_cpu;
	unsigned int __state;
	unsigned int flags;
	struct mm_struct *mm;
	struct pid *thread_pid;
	struct thread_struct thread;
};

struct rq {
	struct task_struct *curr;
};

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip,
	    sp;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct trace_event_raw_sys_exit {
	long ret;
};

#pragma clang attribute pop

/* The context of a uprobe is the kernel's pt_regs, whose layout is that of the user ABI
 * (asm/ptrace.h). CO-RE would compute addresses within it, which the verifier refuses.
 */
struct uprobe_registers {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

/* The context of a perf_event program is user ABI (asm/ptrace.h): fixed offsets. cs must be loaded
 * with its full width there; CO-RE would narrow it to the 16 bits that newer kernels declare.
 */
struct bpf_perf_event_data {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	unsigned long ip, cs, flags, sp, ss;
	__u64 sample_period;
	__u64 addr;
};

#endif
