/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which thread of the target runs on each CPU, where the run queues cannot be read? */
#ifndef QUARREL_RUNNING_THREADS_BPF_H
#define QUARREL_RUNNING_THREADS_BPF_H

#include "events.h"
#include "target.bpf.h"

#include <bpf/bpf_helpers.h>

/* A cache line for each CPU. */
struct running_thread {
	__u32 tid; /* in quarrel's pid namespace; 0: none of the target's */
	__u32 pad[15];
};

/* Every object defines it; the collector that loads second is given that of the first. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_PEER_CPUS);
	__type(key, __u32);
	__type(value, struct running_thread);
} running SEC(".maps");

/* At a context switch of this CPU; 0: to none of the target's threads. */
static __always_inline void note_running_thread(struct task_struct *next)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct running_thread *slot = bpf_map_lookup_elem(&running, &cpu);

	if (slot)
		slot->tid = next ? tid_of(next) : 0;
}

static __always_inline __u32 running_thread_of(__u32 cpu)
{
	struct running_thread *slot = bpf_map_lookup_elem(&running, &cpu);

	return slot ? slot->tid : 0;
}

#endif
