// Is the memory operand behind a sample found with its exact address, size, kind and distance?
//
// The functions below stand in this program and are decoded from its file, as a target's would be;
// registers are made up, so that every expected address can be read off the source line.
#include "resolve/operands.h"

#include <gtest/gtest.h>

#include <cstring>

#include "unit/self_recording.h"

#define FUNCTION(name, body)                                                       \
  asm(".text\n.type " #name ", @function\n" #name                                  \
      ":\n"                                                                        \
      ".cfi_startproc\n" body "\n.cfi_endproc\n.size " #name ", . - " #name "\n"); \
  extern "C" char name[]
#define LABEL(name) extern "C" char name[]

FUNCTION(op_lock_add, R"(
  lock addq $1, 8(%rdi)
op_lock_add_after:
  decq %rsi
op_lock_add_branch:
  jne op_lock_add
op_lock_add_exit:
  ret)");
LABEL(op_lock_add_after);
LABEL(op_lock_add_branch);
LABEL(op_lock_add_exit);

FUNCTION(op_only_jump, R"(
  movq $1, (%rdi)
  jmp op_only_jump_target
  ud2
op_only_jump_target:
  ret)");
LABEL(op_only_jump_target);

FUNCTION(op_loop_start, R"(
  decq %rsi
  movq $1, (%rdi)
  jne op_loop_start
  ret)");

FUNCTION(op_table, R"(
  testq %rax, %rax
  jne op_table_store
  jmp *%rax
op_table_store:
  movq $1, (%rdi)
  jmp op_table_case
  ud2
op_table_case:
  ret)");
LABEL(op_table_case);

FUNCTION(op_increment, R"(
  movl -12(%rbx), %eax
op_increment_loaded:
  addl $1, %eax
op_increment_added:
  movl %eax, -12(%rbx)
op_increment_stored:
  ret)");
LABEL(op_increment_loaded);
LABEL(op_increment_added);
LABEL(op_increment_stored);

FUNCTION(op_exchange, R"(
  xchgb %al, (%rdx)
op_exchange_after:
  ret)");
LABEL(op_exchange_after);

FUNCTION(op_swap_loop, R"(
  movq (%rdi), %rax
op_swap_retry:
  leaq 1(%rax), %rdx
  lock cmpxchgq %rdx, (%rdi)
op_swap_after:
  jne op_swap_retry
  ret)");
LABEL(op_swap_retry);
LABEL(op_swap_after);

FUNCTION(op_two_arms, R"(
  testq %rsi, %rsi
  je op_two_arms_else
  movq $1, (%rdi)
  jmp op_two_arms_join
op_two_arms_else:
  movq $2, 64(%rdi)
op_two_arms_join:
  nop
op_two_arms_end:
  ret)");
LABEL(op_two_arms_else);
LABEL(op_two_arms_join);
FUNCTION(op_before_arms, R"(
  movq $1, 128(%rdi)
  test %rsi, %rsi
  je op_before_arms_else
  movq $1, (%rdi)
  jmp op_before_arms_join
op_before_arms_else:
  movq $1, 64(%rdi)
op_before_arms_join:
  ret
op_before_arms_end:
)");
LABEL(op_before_arms_join);

FUNCTION(op_call_between, R"(
  movq $1, (%rbx)
  movq $1, (%rdi)
  call op_exchange
op_call_between_after:
  ret)");
LABEL(op_call_between_after);

FUNCTION(op_call_stack, R"(
  movq $1, 8(%rsp)
  call op_exchange
op_call_stack_after:
  ret)");
LABEL(op_call_stack_after);

FUNCTION(op_system_call, R"(
  lock decl (%rbx)
  syscall
op_system_call_after:
  ret)");
LABEL(op_system_call_after);

FUNCTION(op_chase, R"(
  movq 16(%rax), %rax
op_chase_after:
  ret)");
LABEL(op_chase_after);

FUNCTION(op_undo, R"(
  movw $1, (%rdi,%rcx,4)
  addq $16, %rdi
  leaq -3(%rcx), %rcx
  pushq %rbp
  incq %rdi
  popq %rbp
  movq %rdi, %rsi
op_undo_after:
  ret)");
LABEL(op_undo_after);

FUNCTION(op_narrow_undo, R"(
  movb $1, (%rdi)
  addl $16, %edi
op_narrow_undo_after:
  ret)");
LABEL(op_narrow_undo_after);

FUNCTION(op_copy_undo, R"(
  movb $1, (%rax)
  movq %rax, %rbx
  xorl %eax, %eax
op_copy_undo_after:
  ret)");
LABEL(op_copy_undo_after);

FUNCTION(op_conditional_move, R"(
  cmovneq 24(%rsi), %rax
op_conditional_move_after:
  ret)");
LABEL(op_conditional_move_after);

FUNCTION(op_copy_bytes, R"(
  rep movsq
op_copy_bytes_after:
  ret)");
LABEL(op_copy_bytes_after);

FUNCTION(op_vector_store, R"(
  vmovups %ymm0, 32(%rdi)
  movdqa %xmm1, (%rsi)
op_vector_store_after:
  ret)");
LABEL(op_vector_store_after);

FUNCTION(op_spilled, R"(
  movq -8(%rbp), %rax
  movl -12(%rbp), %edx
  movslq %edx, %rdx
  shlq $3, %rdx
  addq %rdx, %rax
  movq (%rax), %rax
  xorl %edx, %edx
op_spilled_after:
  ret)");
LABEL(op_spilled_after);

FUNCTION(op_spill_overwritten, R"(
  movq -8(%rbp), %rax
  movq (%rax), %rax
  movq %rax, -8(%rbp)
op_spill_overwritten_after:
  ret)");
LABEL(op_spill_overwritten_after);

FUNCTION(op_silent, R"(
  movq %fs:16, %rcx
  prefetcht0 (%rdi)
  nopw 64(%rdi)
  leaq 8(%rdi), %rax
op_silent_after:
  ret)");
LABEL(op_silent_after);

FUNCTION(op_thread_local, R"(
  lock incq %fs:-64
op_thread_local_after:
  ret)");
LABEL(op_thread_local_after);

FUNCTION(op_thread_local_element, R"(
  movl %edx, %fs:-256(,%rcx,4)
op_thread_local_element_after:
  ret)");
LABEL(op_thread_local_element_after);

FUNCTION(op_thread_pointer, R"(
  movq %fs:0, %rax
  leaq -192(%rax), %rsi
  movl $7, 8(%rsi)
  xorl %eax, %eax
  xorl %esi, %esi
op_thread_pointer_after:
  ret)");
LABEL(op_thread_pointer_after);

FUNCTION(op_other_segment, R"(
  movq %gs:16, %rcx
  movq %fs:(%edi), %rdx
op_other_segment_after:
  ret)");
LABEL(op_other_segment_after);

asm(".text\nop_without_fde:\n  movq $1, (%rdi)\nop_without_fde_second:\n  movq $2, 8(%rdi)\n  "
    "ret\n");
LABEL(op_without_fde_second);

FUNCTION(op_global, R"(
  lock incl op_global_word(%rip)
op_global_after:
  ret
  .data
op_global_word: .long 0
  .text)");
LABEL(op_global_after);
LABEL(op_global_word);

namespace quarrel {

void PrintTo(const MemoryAccess& access, std::ostream* out) {
  *out << std::hex << "address 0x" << access.address << std::dec << " size " << access.size
       << " kind " << static_cast<int>(access.kind) << " distance " << int{access.distance}
       << (access.is_locked ? " locked" : "") << (access.crosses_block ? " crosses" : "")
       << (access.is_own_stack ? " stack" : "");
}

namespace {

constexpr uint64_t kHeap = 0x7000'0000;
constexpr uint64_t kStack = 0x7fff'0000'1000;
constexpr uint64_t kThreadPointer = 0x7ffe'0000'1740;

uint64_t address_of(const char* label) {
  return reinterpret_cast<uint64_t>(label);
}

class Operands : public testing::Test {
 protected:
  Operands() {
    for (auto& value : capture_.registers) value = 0xdead'0000'0000;
    capture_.registers[kRsp] = kStack;
    capture_.registers[kRbp] = kStack + 64;
  }

  uint64_t& reg(DwarfRegister number) { return capture_.registers[number]; }

  void put_on_stack(uint64_t address, uint64_t value) {
    if (capture_.bytes.empty()) {
      capture_.stack_start = kStack - 128;
      capture_.bytes.resize(512);
    }
    std::memcpy(&capture_.bytes[address - capture_.stack_start], &value, sizeof(value));
  }

  std::vector<MemoryAccess> at(const char* label) {
    capture_.registers[kRip] = address_of(label);
    return OperandDecoder(recording_, "").decode(capture_);
  }

  /// The one access among `accesses` to `address`.
  static const MemoryAccess* find(const std::vector<MemoryAccess>& accesses, uint64_t address) {
    for (const MemoryAccess& access : accesses)
      if (access.address == address) return &access;
    return nullptr;
  }

  Recording recording_ = self_recording();
  Capture capture_;
};

void expect_access(const MemoryAccess& access, const char* instruction, uint64_t address,
                   uint16_t size, AccessKind kind, uint8_t distance) {
  EXPECT_EQ(access.instruction, address_of(instruction));
  EXPECT_EQ(access.address, address);
  EXPECT_EQ(access.size, size);
  EXPECT_EQ(access.kind, kind);
  EXPECT_EQ(access.distance, distance);
}

TEST_F(Operands, ALockedAddIsTheNearestAccessOfTheInstructionAfterIt) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_lock_add_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_lock_add, kHeap + 8, 8, AccessKind::kReadWrite, 1);
  EXPECT_TRUE(accesses[0].is_locked);
  EXPECT_FALSE(accesses[0].crosses_block);
  EXPECT_FALSE(accesses[0].is_own_stack);
}

TEST_F(Operands, ASampleOnTheAccessItselfHasDistanceZero) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_lock_add);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_lock_add, kHeap + 8, 8, AccessKind::kReadWrite, 0);
}

TEST_F(Operands, TheWindowGoesOnAcrossInstructionsWithoutMemory) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_lock_add_branch);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_lock_add, kHeap + 8, 8, AccessKind::kReadWrite, 2);
  EXPECT_FALSE(accesses[0].crosses_block);
}

TEST_F(Operands, AnAccessBeforeABranchIsCertainBehindItIfNoOtherWayLeadsThere) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_lock_add_exit);
  ASSERT_EQ(accesses.size(), 1u);
  EXPECT_EQ(accesses[0].distance, 3);
  EXPECT_FALSE(accesses[0].crosses_block);
}

TEST_F(Operands, AnAccessBeforeAJumpIsCertainAtItsTargetIfNoOtherWayLeadsThere) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_only_jump_target);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_only_jump, kHeap, 8, AccessKind::kWrite, 2);
  EXPECT_FALSE(accesses[0].crosses_block);
}

TEST_F(Operands, NoAccessIsCertainAtTheStartOfAFunctionThatLoopsToItsStart) {
  reg(kRdi) = kHeap;
  for (const MemoryAccess& access : at(op_loop_start)) EXPECT_TRUE(access.crosses_block);
}

TEST_F(Operands, NothingIsCertainWhereAJumpTableMayLead) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_table_case);
  ASSERT_EQ(accesses.size(), 1u);
  EXPECT_TRUE(accesses[0].crosses_block);
}

TEST_F(Operands, APlainIncrementIsALoadAndAStoreWithANegativeDisplacement) {
  reg(kRbx) = kHeap + 64;
  const auto accesses = at(op_increment_stored);
  ASSERT_EQ(accesses.size(), 2u);
  expect_access(accesses[0], op_increment_added, kHeap + 52, 4, AccessKind::kWrite, 1);
  expect_access(accesses[1], op_increment, kHeap + 52, 4, AccessKind::kRead, 3);
  EXPECT_EQ(at(op_increment_loaded).size(), 1u);
}

TEST_F(Operands, AnExchangeIsALockedReadWriteOfItsOperandSize) {
  reg(kRdx) = kHeap + 3;
  const auto accesses = at(op_exchange_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_exchange, kHeap + 3, 1, AccessKind::kReadWrite, 1);
  EXPECT_TRUE(accesses[0].is_locked);
}

TEST_F(Operands, ACompareExchangeIsAReadWrite) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_swap_after);
  ASSERT_EQ(accesses.size(), 2u);
  EXPECT_EQ(accesses[0].kind, AccessKind::kReadWrite);
  EXPECT_TRUE(accesses[0].is_locked);
  EXPECT_EQ(accesses[0].distance, 1);
  expect_access(accesses[1], op_swap_loop, kHeap, 8, AccessKind::kRead, 3);
  EXPECT_TRUE(accesses[1].crosses_block);
}

TEST_F(Operands, ALoopHeadIsReachedOverTheBackEdgeToo) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_swap_retry);
  ASSERT_EQ(accesses.size(), 2u);
  expect_access(accesses[0], op_swap_loop, kHeap, 8, AccessKind::kRead, 1);
  EXPECT_EQ(accesses[1].kind, AccessKind::kReadWrite);
  EXPECT_EQ(accesses[1].distance, 2);
  EXPECT_TRUE(accesses[0].crosses_block);
  EXPECT_TRUE(accesses[1].crosses_block);
}

TEST_F(Operands, BothArmsOfAnIfAreCandidatesOfTheirJoinAndMarkedUncertain) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_two_arms_join);
  ASSERT_EQ(accesses.size(), 2u);
  const MemoryAccess* taken = find(accesses, kHeap);
  const MemoryAccess* other = find(accesses, kHeap + 64);
  ASSERT_NE(taken, nullptr);
  ASSERT_NE(other, nullptr);
  EXPECT_TRUE(taken->crosses_block);
  EXPECT_TRUE(other->crosses_block);
  EXPECT_EQ(other->distance, 1);
  EXPECT_EQ(taken->distance, 2);
  EXPECT_EQ(accesses[0].excludes, 0b10u);
  EXPECT_EQ(accesses[1].excludes, 0b01u);
}

TEST_F(Operands, WhatComesBeforeBothArmsExcludesNeither) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_before_arms_join);
  ASSERT_EQ(accesses.size(), 3u);
  const MemoryAccess* before = find(accesses, kHeap + 128);
  ASSERT_NE(before, nullptr);
  EXPECT_EQ(before->excludes, 0u);
  for (const MemoryAccess& access : accesses)
    EXPECT_EQ(access.excludes == 0, access.address == kHeap + 128) << access.distance;
}

TEST_F(Operands, TurnsOfALoopExcludeNothing) {
  reg(kRdi) = kHeap;
  for (const MemoryAccess& access : at(op_swap_after)) EXPECT_EQ(access.excludes, 0u);
}

TEST_F(Operands, OneArmDoesNotSeeTheOther) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_two_arms_else);
  ASSERT_EQ(accesses.size(), 1u);
  EXPECT_EQ(accesses[0].address, kHeap + 64);
}

TEST_F(Operands, OnlyCalleeSavedRegistersSurviveACall) {
  reg(kRbx) = kHeap;
  reg(kRdi) = kHeap + 128;
  const auto accesses = at(op_call_between_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_call_between, kHeap, 8, AccessKind::kWrite, 3);
  EXPECT_TRUE(accesses[0].crosses_block);
}

TEST_F(Operands, TheStackPointerIsBehindACallWhatItWasBefore) {
  const auto accesses = at(op_call_stack_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_call_stack, kStack + 8, 8, AccessKind::kWrite, 2);
  EXPECT_TRUE(accesses[0].is_own_stack);
}

TEST_F(Operands, NothingBeforeASystemCallExplainsASampleBehindIt) {
  reg(kRbx) = kHeap;
  EXPECT_TRUE(at(op_system_call_after).empty());
}

TEST_F(Operands, ALoadThatOverwritesItsOwnBaseIsKnownOnlyOnTheLoad) {
  reg(kRax) = kHeap;
  const auto accesses = at(op_chase);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_chase, kHeap + 16, 8, AccessKind::kRead, 0);
  EXPECT_TRUE(at(op_chase_after).empty());
}

TEST_F(Operands, AdditionsPushesAndPopsInBetweenAreUndone) {
  reg(kRdi) = kHeap + 17;
  reg(kRcx) = 7;
  const auto accesses = at(op_undo_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_undo, kHeap + 40, 2, AccessKind::kWrite, 7);
}

TEST_F(Operands, AThirtyTwoBitAdditionIsNotUndone) {
  reg(kRdi) = kHeap;
  EXPECT_TRUE(at(op_narrow_undo_after).empty());
}

TEST_F(Operands, ACopyRemembersWhatItsSourceHeld) {
  reg(kRax) = 0;
  reg(kRbx) = kHeap;
  const auto accesses = at(op_copy_undo_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_copy_undo, kHeap, 1, AccessKind::kWrite, 3);
}

TEST_F(Operands, AConditionalMoveReadsItsOperand) {
  reg(kRsi) = kHeap;
  const auto accesses = at(op_conditional_move_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_conditional_move, kHeap + 24, 8, AccessKind::kRead, 1);
}

TEST_F(Operands, ARepeatedCopyUnderWayIsTwoRanges) {
  reg(kRdi) = kHeap;
  reg(kRsi) = kHeap + 4096;
  reg(kRcx) = 5;
  const auto accesses = at(op_copy_bytes);
  ASSERT_EQ(accesses.size(), 2u);
  const MemoryAccess* written = find(accesses, kHeap);
  const MemoryAccess* read = find(accesses, kHeap + 4096);
  ASSERT_NE(written, nullptr);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(written->size, 40);
  EXPECT_EQ(written->kind, AccessKind::kWrite);
  EXPECT_EQ(read->kind, AccessKind::kRead);
}

TEST_F(Operands, ARepeatedCopyIsUnknownOnceDoneAndEmptyWithoutCount) {
  reg(kRdi) = kHeap;
  reg(kRsi) = kHeap + 4096;
  reg(kRcx) = 0;
  EXPECT_TRUE(at(op_copy_bytes).empty());
  EXPECT_TRUE(at(op_copy_bytes_after).empty());
}

TEST_F(Operands, VectorStoresAreWritesOfTheirFullWidth) {
  reg(kRdi) = kHeap;
  reg(kRsi) = kHeap + 256;
  const auto accesses = at(op_vector_store_after);
  ASSERT_EQ(accesses.size(), 2u);
  EXPECT_EQ(accesses[0].address, kHeap + 256);
  EXPECT_EQ(accesses[0].size, 16);
  expect_access(accesses[1], op_vector_store, kHeap + 32, 32, AccessKind::kWrite, 2);
}

TEST_F(Operands, APointerReloadedFromTheStackIsReadFromTheCapturedBytes) {
  reg(kRbp) = kStack - 32;  // a leaf: its slots lie in the red zone
  put_on_stack(kStack - 40, kHeap);
  put_on_stack(kStack - 44, kHeap << 32 | 2);  // index 2 below the pointer's low half
  const auto accesses = at(op_spilled_after);
  const MemoryAccess* access = find(accesses, kHeap + 16);
  ASSERT_NE(access, nullptr);
  EXPECT_EQ(access->distance, 2);
  EXPECT_EQ(access->kind, AccessKind::kRead);
  EXPECT_FALSE(access->is_own_stack);
}

TEST_F(Operands, WithoutCapturedBytesOnlyTheStackSlotsAreKnown) {
  const auto accesses = at(op_spilled_after);
  ASSERT_EQ(accesses.size(), 2u);
  EXPECT_TRUE(accesses[0].is_own_stack);
  EXPECT_TRUE(accesses[1].is_own_stack);
}

TEST_F(Operands, ASlotThatWasOverwrittenSinceIsNotTrusted) {
  put_on_stack(kStack + 56, kHeap);
  const auto accesses = at(op_spill_overwritten_after);
  for (const MemoryAccess& access : accesses) EXPECT_TRUE(access.is_own_stack);
  EXPECT_EQ(accesses.size(), 2u);
}

TEST_F(Operands, ThreadLocalOperandsHintsAndAddressArithmeticAreNoAccess) {
  reg(kRdi) = kHeap;
  EXPECT_TRUE(at(op_silent_after).empty());
}

TEST_F(Operands, ThreadLocalsStandBelowTheThreadPointerAndAreTheThreadsOwn) {
  capture_.fs_base = kThreadPointer;
  const auto accesses = at(op_thread_local_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_thread_local, kThreadPointer - 64, 8, AccessKind::kReadWrite, 1);
  EXPECT_TRUE(accesses[0].is_locked);
  EXPECT_TRUE(accesses[0].is_own_stack);
  reg(kRcx) = 3;
  const auto element = at(op_thread_local_element_after);
  ASSERT_EQ(element.size(), 1u);
  expect_access(element[0], op_thread_local_element, kThreadPointer - 256 + 12, 4,
                AccessKind::kWrite, 1);
}

TEST_F(Operands, WithoutTheThreadPointerThreadLocalsHaveNoAddress) {
  EXPECT_TRUE(at(op_thread_local_after).empty());
  EXPECT_TRUE(at(op_thread_local_element_after).empty());
}

TEST_F(Operands, TheThreadPointerPointsToItself) {
  capture_.fs_base = kThreadPointer;
  const auto accesses = at(op_thread_pointer_after);
  const MemoryAccess* write = find(accesses, kThreadPointer - 184);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->kind, AccessKind::kWrite);
  EXPECT_TRUE(write->is_own_stack);
}

TEST_F(Operands, OtherSegmentsAndShortAddressesAreNotComputed) {
  capture_.fs_base = kThreadPointer;
  EXPECT_TRUE(at(op_other_segment_after).empty());
}

TEST_F(Operands, AGlobalIsAddressedRelativeToTheLoadedImage) {
  const auto accesses = at(op_global_after);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], op_global, address_of(op_global_word), 4, AccessKind::kReadWrite, 1);
}

TEST_F(Operands, CodeWithoutUnwindInformationYieldsTheSampledInstructionOnly) {
  reg(kRdi) = kHeap;
  const auto accesses = at(op_without_fde_second);
  ASSERT_EQ(accesses.size(), 1u);
  EXPECT_EQ(accesses[0].address, kHeap + 8);
  EXPECT_EQ(accesses[0].distance, 0);
}

TEST_F(Operands, BehindAWatchpointTheInstructionThatEndsThereIsTold) {
  OperandDecoder decoder(recording_, "");
  const auto add = decoder.access_before(address_of(op_lock_add_after));
  ASSERT_TRUE(add.has_value());
  EXPECT_EQ(add->instruction, address_of(op_lock_add));
  EXPECT_EQ(add->kind, AccessKind::kReadWrite);
  EXPECT_EQ(add->size, 8);
  EXPECT_TRUE(add->is_locked);
  const auto store = decoder.access_before(address_of(op_increment_stored));
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(store->kind, AccessKind::kWrite);
}

TEST_F(Operands, BehindAWatchpointNothingIsGuessed) {
  OperandDecoder decoder(recording_, "");
  EXPECT_FALSE(decoder.access_before(address_of(op_lock_add)).has_value());  // a function begins
  EXPECT_FALSE(decoder.access_before(address_of(op_lock_add_after) - 1).has_value());
  EXPECT_FALSE(decoder.access_before(address_of(op_increment_added)).has_value());   // no operand
  EXPECT_FALSE(decoder.access_before(address_of(op_copy_bytes_after)).has_value());  // two kinds
  EXPECT_FALSE(decoder.access_before(0).has_value());
}

TEST_F(Operands, AnAddressOutsideAllModulesYieldsNothing) {
  capture_.registers[kRip] = 0x10;
  EXPECT_TRUE(OperandDecoder(recording_, "").decode(capture_).empty());
}

TEST_F(Operands, AFileWithAnotherBuildIdIsNotUsed) {
  reg(kRdi) = kHeap;
  for (Module& module : recording_.modules) module.build_id = "00";
  EXPECT_TRUE(at(op_lock_add_after).empty());
}

}  // namespace
}  // namespace quarrel
