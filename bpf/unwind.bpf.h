/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which calls led to the current thread, by the rows of its unwind tables?
 *
 * The rules are those of RowUnwinder (src/resolve/row_unwinder.cc), read from the live stack. One
 * frame a turn of bpf_loop (Linux 5.17). Its state is in a per-CPU map, because the verifier of
 * 6.18 loses track of a state on the stack; every object that includes this has a map of its own,
 * so that a timer tick does not spoil the state of the tracepoint that it interrupts. Searches are
 * global functions: verified once instead of once for each path that leads to them.
 */
#ifndef QUARREL_UNWIND_BPF_H
#define QUARREL_UNWIND_BPF_H

#include "unwind_tables.h"
#include "user_stack.bpf.h"
#include "vmlinux_min.h"

#include <bpf/bpf_helpers.h>

/* DWARF numbers. */
enum { REG_RBX = 3, REG_RBP = 6, REG_RSP = 7, REG_RIP = 16 };
#define ALL_REGISTERS ((1U << REGISTER_COUNT) - 1)
#define NO_RULE 0xffffffffU

/* Its lowest bit says which half of unwind_mappings counts; of it, that many. */
volatile __u32 unwind_generation = 0;
volatile __u32 unwind_mapping_count[2] = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set before the load */
	__type(key, __u32);
	__type(value, struct unwind_row);
} unwind_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set before the load */
	__type(key, __u32);
	__type(value, struct unwind_rule);
} unwind_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * UNWIND_MAX_MAPPINGS);
	__type(key, __u32);
	__type(value, struct unwind_mapping);
} unwind_mappings SEC(".maps");

/* Frames are small: most words that a walk asks for lie in one piece of so many. */
#define UNWIND_WINDOW_WORDS 128
/* Registers are saved below the place where a frame ends, which is asked for first. */
#define UNWIND_WINDOW_BEFORE 64

struct unwind_state {
	struct unwound_stack stack;
	__u64 window[UNWIND_WINDOW_WORDS]; /* a copy of the stack from window_start on */
	__u64 window_start;
	__u64 window_bytes;		 /* 0: none could be copied */
	__u64 registers[REGISTER_COUNT]; /* of the frame that is looked at */
	__u32 known;			 /* a bit for each of them */
	__u32 is_return_address;
	__u32 is_done;
	__u32 first_mapping;
	__u32 mapping_count;
	__u32 generation;
	__u64 hash;
};

/* A program waits at few places: most frames are found without a search. */
#define UNWIND_CACHE_SLOTS 1024

struct unwind_cache_slot {
	__u64 pc;
	__u32 generation;
	__u32 rule; /* index into unwind_rules */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, UNWIND_CACHE_SLOTS);
	__type(key, __u32);
	__type(value, struct unwind_cache_slot);
} unwind_cache SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct unwind_state);
} unwind_space SEC(".maps");

/* By hash: each different stack once. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* set before the load */
	__type(key, __u64);
	__type(value, struct unwound_stack);
} unwound_stacks SEC(".maps");

/* The last mapping from `first` on that starts at or below pc; NO_RULE if there is none. */
__noinline __u32 find_unwind_mapping(__u32 first, __u32 count, __u64 pc)
{
	__u32 low = 0, high = count;

	/* One step for each bit of UNWIND_MAX_MAPPINGS, and one. */
	for (int i = 0; i < 12; i++) {
		struct unwind_mapping *mapping;
		__u32 middle = (low + high) / 2, index = first + middle;

		if (low >= high)
			break;
		mapping = bpf_map_lookup_elem(&unwind_mappings, &index);
		if (!mapping)
			return NO_RULE;
		if (mapping->start <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? first + low - 1 : NO_RULE;
}

/* The rule, within its table, of the last row that begins at or below offset. */
__noinline __u32 find_unwind_rule(__u32 first, __u32 count, __u32 offset)
{
	__u32 low = 0, high = count, rule = NO_RULE;

	for (int i = 0; i < UNWIND_ROW_BITS + 1; i++) {
		struct unwind_row *row;
		__u32 middle = (low + high) / 2, index = first + middle;

		if (low >= high)
			break;
		row = bpf_map_lookup_elem(&unwind_rows, &index);
		if (!row)
			return NO_RULE;
		if (row->offset <= offset) {
			low = middle + 1;
			rule = row->rule;
		} else {
			high = middle;
		}
	}
	return rule;
}

/* The index of the rule of a pc; NO_RULE if no table has it. */
static __always_inline __u32 search_rule(struct unwind_state *state, __u64 pc)
{
	struct unwind_mapping *mapping;
	__u32 index, rule;

	index = find_unwind_mapping(state->first_mapping, state->mapping_count, pc);
	mapping = bpf_map_lookup_elem(&unwind_mappings, &index);
	if (!mapping || pc < mapping->start || pc >= mapping->end || pc < mapping->first_address ||
	    pc - mapping->first_address > 0xffffffffULL)
		return NO_RULE;
	rule =
	    find_unwind_rule(mapping->first_row, mapping->row_count, pc - mapping->first_address);
	return rule == NO_RULE ? NO_RULE : rule + mapping->first_rule;
}

static __always_inline struct unwind_rule *rule_of_pc(struct unwind_state *state, __u64 pc)
{
	__u32 key = (pc ^ (pc >> 10)) % UNWIND_CACHE_SLOTS;
	struct unwind_cache_slot *slot = bpf_map_lookup_elem(&unwind_cache, &key);
	__u32 rule;

	if (!slot)
		return 0;
	if (slot->pc == pc && slot->generation == state->generation) {
		rule = slot->rule;
	} else {
		rule = search_rule(state, pc);
		slot->pc = pc;
		slot->generation = state->generation;
		slot->rule = rule;
	}
	return bpf_map_lookup_elem(&unwind_rules, &rule);
}

static __always_inline struct unwind_state *unwind_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&unwind_space, &zero);
}

/* Copying a piece of the stack costs little more than reading a word of it (30 ns). */
static __always_inline void move_window(struct unwind_state *state, __u64 start)
{
	state->window_start = start & ~7ULL;
	state->window_bytes = sizeof(state->window);
	if (bpf_probe_read_user(state->window, sizeof(state->window), (void *)state->window_start))
		state->window_bytes = 0;
}

/* A word of the stack; 0 if it cannot be read, else 1. */
__noinline int read_stack_word(__u64 address, __u64 *word)
{
	struct unwind_state *state = unwind_scratch();

	if (!state || !word)
		return 0;
	if (address - state->window_start >= state->window_bytes)
		move_window(state, address - UNWIND_WINDOW_BEFORE);
	if (address - state->window_start >= state->window_bytes || (address & 7))
		return !bpf_probe_read_user(word, sizeof(*word), (void *)address);
	*word = state->window[(address - state->window_start) / 8 & (UNWIND_WINDOW_WORDS - 1)];
	return 1;
}

/* False: *end says why. */
static __always_inline bool find_cfa(struct unwind_state *state, const struct unwind_rule *rule,
				     __u64 *cfa, __u32 *end)
{
	__u32 number = rule->cfa_register & 15;
	__u64 base = state->registers[number];
	__u64 sum = base + (__s64)rule->cfa_offset;

	*end = UNWIND_ENDS_NOT_BY_ROWS;
	if (!(state->known & (1U << number)))
		return false;
	switch (rule->cfa_base) {
	case UNWIND_REGISTER:
		*cfa = sum;
		return true;
	case UNWIND_LAZY_STUB:
		*cfa = base + 8;
		if ((state->registers[REG_RIP] & 15) >= (__u64)(__s64)rule->cfa_offset)
			*cfa += 8;
		return true;
	case UNWIND_MEMORY:
	case UNWIND_MEMORY_PLUS_8:
		*end = UNWIND_ENDS_UNREADABLE;
		if (!read_stack_word(sum, cfa))
			return false;
		if (rule->cfa_base == UNWIND_MEMORY_PLUS_8)
			*cfa += 8;
		return true;
	}
	return false;
}

/* Where in memory a register is saved; 0 if nowhere. */
static __always_inline __u64 saved_at(const struct unwind_state *state, __u8 saved, __s16 offset,
				      __u64 cfa)
{
	if (saved == UNWIND_AT_CFA)
		return cfa + (__s64)offset;
	if (saved == UNWIND_AT_RSP)
		return state->registers[REG_RSP] + (__s64)offset;
	if (saved == UNWIND_AT_RBP && (state->known & (1U << REG_RBP)))
		return state->registers[REG_RBP] + (__s64)offset;
	return 0;
}

/* The caller's value; *end says why there is none. */
static __always_inline bool recover(const struct unwind_state *state, __u8 saved, __s16 offset,
				    __u64 cfa, __u64 *value, __u32 *end)
{
	__u64 address = saved_at(state, saved, offset, cfa);
	__u32 number = offset & 15;

	if (saved == UNWIND_IN_REGISTER && (state->known & (1U << number))) {
		*value = state->registers[number];
		return true;
	}
	*end = address ? UNWIND_ENDS_UNREADABLE : UNWIND_ENDS_NOT_BY_ROWS;
	return address && read_stack_word(address, value);
}

/* Whether the caller's value of rbp or rbx is known, and which. */
static __always_inline bool follow(const struct unwind_state *state, __u32 number, __u8 saved,
				   __s16 offset, __u64 cfa, __u64 *value)
{
	__u32 ignored;

	if (saved != UNWIND_UNCHANGED)
		return recover(state, saved, offset, cfa, value, &ignored);
	*value = state->registers[number];
	return state->known & (1U << number);
}

/* Makes the state that of the caller, or says how the stack ends. */
static __always_inline bool go_to_caller(struct unwind_state *state, const struct unwind_rule *rule,
					 __u32 *end)
{
	__u64 cfa = 0, pc = 0, rbp = 0, rbx = 0;
	__u32 known = 1U << REG_RSP;

	if (!find_cfa(state, rule, &cfa, end))
		return false;
	if (!recover(state, rule->return_address, rule->return_offset, cfa, &pc, end))
		return false;
	if (follow(state, REG_RBP, rule->rbp, rule->rbp_offset, cfa, &rbp))
		known |= 1U << REG_RBP;
	*end = UNWIND_ENDS_WITHOUT_ROW;
	if (!pc)
		return false;
	*end = UNWIND_ENDS_BROKEN;
	if (!rule->is_signal_frame && cfa <= state->registers[REG_RSP])
		return false;
	if (follow(state, REG_RBX, rule->rbx, rule->rbx_offset, cfa, &rbx))
		known |= 1U << REG_RBX;
	state->registers[REG_RSP] = cfa;
	state->registers[REG_RBP] = rbp;
	state->registers[REG_RBX] = rbx;
	state->registers[REG_RIP] = pc;
	state->known = known;
	state->is_return_address = !rule->is_signal_frame;
	return true;
}

static __always_inline void end_stack(struct unwind_state *state, __u32 end)
{
	state->stack.end = end;
	state->is_done = 1;
}

/* One frame. */
static int unwind_step(__u32 index, void *context)
{
	__u32 zero = 0, end = UNWIND_ENDS_WITHOUT_ROW;
	struct unwind_state *state = bpf_map_lookup_elem(&unwind_space, &zero);
	struct unwind_rule *rule;
	__u64 pc;

	if (!state || index >= UNWIND_MAX_FRAMES)
		return 1;
	pc = state->registers[REG_RIP];
	rule = rule_of_pc(state, pc - (state->is_return_address ? 1 : 0));
	if (!state->is_return_address || (rule && rule->is_signal_frame))
		state->stack.pcs[index] = pc | UNWIND_INTERRUPTED;
	else
		state->stack.pcs[index] = pc;
	/* 2^64 over the golden ratio, odd. */
	state->hash = (state->hash ^ state->stack.pcs[index]) * 0x9e3779b97f4a7c15ULL;
	state->hash ^= state->hash >> 29;
	state->stack.frames = index + 1;
	if (rule && rule->cfa_base == UNWIND_OUTERMOST)
		end_stack(state, UNWIND_COMPLETE);
	else if (!rule || rule->cfa_base == UNWIND_NO_ROW)
		end_stack(state, UNWIND_ENDS_WITHOUT_ROW);
	else if (!go_to_caller(state, rule, &end))
		end_stack(state, end);
	return state->is_done ? 1 : 0;
}

/* Walks the stack of the current thread from the registers in the scratch. Returns the key of the
 * stack in unwound_stacks, 0 if there was no room for it or if it did not reach the thread's start:
 * such stacks are better copied.
 */
static __noinline __u64 unwind_from_scratch(void)
{
	__u32 generation = unwind_generation, half = generation & 1;
	struct unwind_state *state = unwind_scratch();
	__u64 hash;

	if (!state)
		return 0;
	state->known = ALL_REGISTERS;
	state->is_return_address = 0;
	state->is_done = 0;
	state->first_mapping = half * UNWIND_MAX_MAPPINGS;
	state->mapping_count = unwind_mapping_count[half];
	state->generation = generation;
	state->hash = 0;
	move_window(state, state->registers[REG_RSP]);
	state->stack.frames = 0;
	state->stack.end = UNWIND_ENDS_TOO_DEEP;
	bpf_loop(UNWIND_MAX_FRAMES, unwind_step, 0, 0);
	if (state->stack.end != UNWIND_COMPLETE)
		return 0;
	hash = state->hash ? state->hash : 1;
	if (bpf_map_lookup_elem(&unwound_stacks, &hash))
		return hash;
	/* Another CPU may be faster: the stack is there all the same. */
	bpf_map_update_elem(&unwound_stacks, &hash, &state->stack, BPF_NOEXIST);
	return bpf_map_lookup_elem(&unwound_stacks, &hash) ? hash : 0;
}

/* The same from these registers. */
static __noinline __attribute__((unused)) __u64 unwind_user_stack(const struct pt_regs *registers)
{
	struct unwind_state *state = unwind_scratch();

	if (!state || !registers)
		return 0;
	STORE_REGISTERS(state->registers, registers);
	return unwind_from_scratch();
}

#endif
