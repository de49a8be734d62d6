/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What stood in a register when the probe was reached? */
#ifndef QUARREL_UPROBE_REGISTERS_BPF_H
#define QUARREL_UPROBE_REGISTERS_BPF_H

#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

/* `place` counts words of struct uprobe_registers. A plain access would need a fixed one. */
static __always_inline __u64 register_at(const struct uprobe_registers *registers, __u8 place)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const __u64 *)registers + place);
	return value;
}

#endif
