/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How do the unwind tables of user space look to the BPF unwinder?
 *
 * The same rows and rules as in src/model/unwind_table.h, of all modules one after the other.
 */
#ifndef QUARREL_UNWIND_TABLES_H
#define QUARREL_UNWIND_TABLES_H

#include <linux/types.h>

#include "events.h"

enum {
	UNWIND_MAX_FRAMES = 127,
	/* Executable mappings of one target; two generations of them are kept. */
	UNWIND_MAX_MAPPINGS = 2048,
	UNWIND_MAX_RULES = 65536,
	/* 2^23 rows are 64 MiB; a search takes one step for each bit. */
	UNWIND_ROW_BITS = 23,
};

struct unwind_row {
	__u32 offset;
	__u16 rule;
	__u16 unused;
};
QUARREL_ABI_SIZE(struct unwind_row, 8);

/* CfaBase of the model. */
enum unwind_cfa {
	UNWIND_NO_ROW,
	UNWIND_OUTERMOST,
	UNWIND_INEXPRESSIBLE,
	UNWIND_REGISTER,
	UNWIND_MEMORY,
	UNWIND_MEMORY_PLUS_8,
	UNWIND_LAZY_STUB,
};

/* SavedIn of the model. */
enum unwind_saved {
	UNWIND_UNCHANGED,
	UNWIND_AT_CFA,
	UNWIND_AT_RBP,
	UNWIND_AT_RSP,
	UNWIND_IN_REGISTER,
	UNWIND_UNKNOWN,
};

struct unwind_rule {
	__u8 cfa_base;
	__u8 cfa_register;
	__u8 is_signal_frame;
	__u8 return_address;
	__u8 rbp;
	__u8 rbx;
	__s16 return_offset;
	__s16 rbp_offset;
	__s16 rbx_offset;
	__s32 cfa_offset;
};
QUARREL_ABI_SIZE(struct unwind_rule, 16);

/* Sorted by start, disjoint. */
struct unwind_mapping {
	__u64 start;
	__u64 end;
	__u64 first_address; /* of the target, where a row with offset 0 would begin */
	__u32 first_row;
	__u32 row_count;
	__u32 first_rule;
	__u32 reserved;
};
QUARREL_ABI_SIZE(struct unwind_mapping, 40);

enum unwind_end {
	UNWIND_COMPLETE,
	UNWIND_ENDS_WITHOUT_ROW,
	UNWIND_ENDS_UNREADABLE, /* the page is not in memory */
	UNWIND_ENDS_BROKEN,
	UNWIND_ENDS_NOT_BY_ROWS,
	UNWIND_ENDS_TOO_DEEP,
};

/* A pc with this bit was not called: the call did not return to it, a signal interrupted it. */
#define UNWIND_INTERRUPTED (1ULL << 63)

struct unwound_stack {
	__u32 frames;
	__u32 end;
	__u64 pcs[UNWIND_MAX_FRAMES]; /* innermost first */
};
QUARREL_ABI_SIZE(struct unwound_stack, 1024);

#endif
