/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who is waited for? The maps that lock_waits fills and line_samples reads.
 *
 * Both objects define them; the collector that loads second is given those of the first.
 */
#ifndef QUARREL_WAITERS_BPF_H
#define QUARREL_WAITERS_BPF_H

#include "events.h"
#include "lock_wait_decisions.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct lock_key);
	__type(value, struct lock_totals);
} locks SEC(".maps");

/* The lock that a thread was last seen to own or to be woken for, by the tid that libc knows. Only
 * a hint: whoever reads it compares the owner word again. LRU: threads come and go.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct lock_key);
} waited_on SEC(".maps");

/* The tid that the lock names as its owner now, 0 if none. Reads the target's memory once; zero in
 * a glibc mutex is a hand-off in progress (__owner is cleared before the unlock and set after the
 * lock), which is often over by a second look.
 */
static __always_inline __u32 read_owner(const struct lock_key *lock)
{
	enum owner_place place = owner_place_of(lock);
	struct mutex_tail tail = {};
	__u32 word = 0;
	__u32 owner;

	if (place == OWNER_NOWHERE)
		return 0;
	if (place != OWNER_OF_MUTEX) {
		bpf_probe_read_user(&word, sizeof(word), (void *)(lock->address + place));
		return owner_from_word(word);
	}
	if (bpf_probe_read_user(&tail, sizeof(tail), (void *)(lock->address + OWNER_OF_MUTEX)))
		return 0;
	owner = owner_from_mutex_tail(&tail);
	if (owner)
		return owner;
	if (bpf_probe_read_user(&tail, sizeof(tail), (void *)(lock->address + OWNER_OF_MUTEX)))
		return 0;
	return owner_from_mutex_tail(&tail);
}

#endif
