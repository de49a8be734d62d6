/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Is the current thread one of the target, and what are its ids? */
#ifndef QUARREL_TARGET_BPF_H
#define QUARREL_TARGET_BPF_H

#include "vmlinux_min.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* In quarrel's pid namespace. */
const volatile __u32 target_tgid = 0;
/* Of quarrel's pid namespace; the inode is 0 in the initial one, where the ids need no mapping. */
const volatile __u64 namespace_device = 0;
const volatile __u64 namespace_inode = 0;

/* The target has a pid namespace of its own, so that its libc knows other ids than the kernel. */
const volatile __u32 target_is_nested = 0;

/* The target's tgid as the kernel counts, learned at its first event if quarrel sees another one.
 */
volatile int kernel_tgid = 0;

/* The tid in quarrel's pid namespace, or 0 if the current thread is none of the target's. */
static __always_inline __u32 target_tid(void)
{
	struct bpf_pidns_info ids = {};
	__u64 both;

	if (!namespace_inode) {
		both = bpf_get_current_pid_tgid();
		return (__u32)(both >> 32) == target_tgid ? (__u32)both : 0;
	}
	if (bpf_get_ns_current_pid_tgid(namespace_device, namespace_inode, &ids, sizeof(ids)))
		return 0;
	return ids.tgid == target_tgid ? ids.pid : 0;
}

/* Whether the current task is one of the target's threads. */
static __always_inline bool is_of_target(struct task_struct *current)
{
	if (kernel_tgid)
		return current->tgid == kernel_tgid;
	if (!target_tid())
		return false;
	kernel_tgid = current->tgid;
	return true;
}

/* PF_EXITING in include/linux/sched.h. What is kept of a thread goes when it ends, but a few more
 * context switches follow.
 */
static __always_inline bool is_ending(struct task_struct *task)
{
	return task->flags & 0x4;
}

/* The tid in the task's own pid namespace: what its libc knows and writes into lock words. */
static __always_inline __u32 own_namespace_tid(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid id = {};
	void *place;

	if (!level)
		return BPF_CORE_READ(task, pid);
	place = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&id.nr, sizeof(id.nr), place);
	return id.nr;
}

/* In quarrel's pid namespace, of any task of the target: the namespace helper above matches only
 * tasks whose own namespace is quarrel's.
 */
static __always_inline __u32 tid_of(struct task_struct *task)
{
	return namespace_inode ? own_namespace_tid(task) : (__u32)task->pid;
}

/* The tid that the task's libc knows. */
static __always_inline __u32 libc_tid(struct task_struct *task)
{
	return target_is_nested || namespace_inode ? own_namespace_tid(task) : (__u32)task->pid;
}

#endif
