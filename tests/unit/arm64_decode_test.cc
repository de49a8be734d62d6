// Does an aarch64 instruction decode into the access, the register change and the flow that it has?
//
// The words are those that clang-19 assembles the texts beside them to.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "resolve/arm64_decode.h"
#include "resolve/effective_address.h"

namespace quarrel {
namespace {

constexpr uint64_t kBase = 0x40'1230;
constexpr uint64_t kPage = 0x40'1000;
constexpr uint64_t kHeap = 0x7000'0000;
constexpr uint8_t kSp = kArm64StackPointer;
using enum AccessKind;

Instruction decoded(uint32_t word) {
  std::array<uint8_t, sizeof word> bytes;
  std::memcpy(bytes.data(), &word, sizeof word);
  const auto instruction = decode_arm64(bytes, kBase);
  EXPECT_TRUE(instruction) << std::hex << word;
  return instruction.value_or(Instruction{});
}

bool is_known(uint32_t word) {
  std::array<uint8_t, sizeof word> bytes;
  std::memcpy(bytes.data(), &word, sizeof word);
  return decode_arm64(bytes, kBase).has_value();
}

struct Access {
  uint32_t word;
  const char* text;
  uint16_t size;
  AccessKind kind;
  bool is_locked = false;
};

constexpr Access kAccesses[] = {
    {0x39400041, "ldrb w1, [x2]", 1, kRead},
    {0x79400041, "ldrh w1, [x2]", 2, kRead},
    {0xb9400041, "ldr w1, [x2]", 4, kRead},
    {0xf9400041, "ldr x1, [x2]", 8, kRead},
    {0x39c00041, "ldrsb w1, [x2]", 1, kRead},
    {0x79800041, "ldrsh x1, [x2]", 2, kRead},
    {0xb9800041, "ldrsw x1, [x2]", 4, kRead},
    {0x3d400041, "ldr b1, [x2]", 1, kRead},
    {0x7d400041, "ldr h1, [x2]", 2, kRead},
    {0xbd400041, "ldr s1, [x2]", 4, kRead},
    {0xfd400041, "ldr d1, [x2]", 8, kRead},
    {0x3dc00041, "ldr q1, [x2]", 16, kRead},
    {0x39000041, "strb w1, [x2]", 1, kWrite},
    {0x79000041, "strh w1, [x2]", 2, kWrite},
    {0xb9000041, "str w1, [x2]", 4, kWrite},
    {0xf9000041, "str x1, [x2]", 8, kWrite},
    {0x3d800041, "str q1, [x2]", 16, kWrite},
    {0xf85f8041, "ldur x1, [x2, #-8]", 8, kRead},
    {0xb81fd041, "stur w1, [x2, #-3]", 4, kWrite},
    {0x3c9f0041, "stur q1, [x2, #-16]", 16, kWrite},
    {0xf8400841, "ldtr x1, [x2]", 8, kRead},
    {0xa9400c41, "ldp x1, x3, [x2]", 16, kRead},
    {0x29400c41, "ldp w1, w3, [x2]", 8, kRead},
    {0x69400c41, "ldpsw x1, x3, [x2]", 8, kRead},
    {0xa9000c41, "stp x1, x3, [x2]", 16, kWrite},
    {0x6d000c41, "stp d1, d3, [x2]", 16, kWrite},
    {0xad000c41, "stp q1, q3, [x2]", 32, kWrite},
    {0xac400c41, "ldnp q1, q3, [x2]", 32, kRead},
    {0x4c407041, "ld1 {v1.16b}, [x2]", 16, kRead},
    {0x0c40a041, "ld1 {v1.8b, v2.8b}, [x2]", 16, kRead},
    {0x4c002c41, "st1 {v1.2d, v2.2d, v3.2d, v4.2d}, [x2]", 64, kWrite},
    {0x4c408841, "ld2 {v1.4s, v2.4s}, [x2]", 32, kRead},
    {0x4c004441, "st3 {v1.8h, v2.8h, v3.8h}, [x2]", 48, kWrite},
    {0x4c400041, "ld4 {v1.16b, v2.16b, v3.16b, v4.16b}, [x2]", 64, kRead},
    {0x4d000441, "st1 {v1.b}[9], [x2]", 1, kWrite},
    {0x4d004841, "st1 {v1.h}[5], [x2]", 2, kWrite},
    {0x4d408041, "ld1 {v1.s}[2], [x2]", 4, kRead},
    {0x4d408441, "ld1 {v1.d}[1], [x2]", 8, kRead},
    {0x4d208041, "st2 {v1.s, v2.s}[2], [x2]", 8, kWrite},
    {0x4d40c441, "ld1r {v1.8h}, [x2]", 2, kRead},
    {0x4d60ec41, "ld4r {v1.2d, v2.2d, v3.2d, v4.2d}, [x2]", 32, kRead},
    {0x885f7c41, "ldxr w1, [x2]", 4, kRead, true},
    {0x085ffc41, "ldaxrb w1, [x2]", 1, kRead, true},
    {0xc8037c41, "stxr w3, x1, [x2]", 8, kWrite, true},
    {0x4803fc41, "stlxrh w3, w1, [x2]", 2, kWrite, true},
    {0xc87f0c41, "ldxp x1, x3, [x2]", 16, kRead, true},
    {0x88248c41, "stlxp w4, w1, w3, [x2]", 8, kWrite, true},
    {0xc8dffc41, "ldar x1, [x2]", 8, kRead},
    {0x08dffc41, "ldarb w1, [x2]", 1, kRead},
    {0x889ffc41, "stlr w1, [x2]", 4, kWrite},
    {0x489f7c41, "stllrh w1, [x2]", 2, kWrite},
    {0xf8bfc041, "ldapr x1, [x2]", 8, kRead},
    {0x195ff041, "ldapurb w1, [x2, #-1]", 1, kRead},
    {0xd9008041, "stlur x1, [x2, #8]", 8, kWrite},
    {0xb8210043, "ldadd w1, w3, [x2]", 4, kReadWrite, true},
    {0xf8e10043, "ldaddal x1, x3, [x2]", 8, kReadWrite, true},
    {0xb821005f, "stadd w1, [x2]", 4, kReadWrite, true},
    {0x38211043, "ldclrb w1, w3, [x2]", 1, kReadWrite, true},
    {0x78613043, "ldsetlh w1, w3, [x2]", 2, kReadWrite, true},
    {0xf8214043, "ldsmax x1, x3, [x2]", 8, kReadWrite, true},
    {0xb8218043, "swp w1, w3, [x2]", 4, kReadWrite, true},
    {0x38e18043, "swpalb w1, w3, [x2]", 1, kReadWrite, true},
    {0xc8a17c43, "cas x1, x3, [x2]", 8, kReadWrite, true},
    {0x48e1fc43, "casalh w1, w3, [x2]", 2, kReadWrite, true},
    {0x08247c46, "casp w4, w5, w6, w7, [x2]", 8, kReadWrite, true},
    {0x4864fc46, "caspal x4, x5, x6, x7, [x2]", 16, kReadWrite, true},
    {0xd50b7422, "dc zva, x2", 64, kWrite},
};

TEST(Arm64, AccessesHaveTheSizeAndDirectionOfTheirMnemonic) {
  for (const Access& wanted : kAccesses) {
    const Instruction instruction = decoded(wanted.word);
    ASSERT_EQ(instruction.operand_count, 1) << wanted.text;
    const MemoryOperand& operand = instruction.operands[0];
    EXPECT_EQ(operand.size, wanted.size) << wanted.text;
    EXPECT_EQ(operand.kind, wanted.kind) << wanted.text;
    EXPECT_EQ(operand.is_locked, wanted.is_locked) << wanted.text;
    EXPECT_EQ(operand.base, 2) << wanted.text;
    EXPECT_FALSE(operand.is_address_only) << wanted.text;
  }
}

TEST(Arm64, HintsBarriersAndCacheMaintenanceAccessNothing) {
  for (const uint32_t word : {
           0xf9800040u,  // prfm pldl1keep, [x2]
           0xf8a36851u,  // prfm pstl1strm, [x2, x3]
           0xf89f8042u,  // prfum pldl2keep, [x2, #-8]
           0xd8000080u,  // prfm pldl1keep, .+16
           0xd50b7e22u,  // dc civac, x2
           0xd5033bbfu,  // dmb ish
           0xd503203fu,  // yield
       }) {
    const Instruction instruction = decoded(word);
    EXPECT_EQ(instruction.operand_count, 0) << std::hex << word;
    EXPECT_EQ(instruction.written, 0u) << std::hex << word;
    EXPECT_EQ(instruction.flow, Flow::kNext) << std::hex << word;
  }
}

TEST(Arm64, OfExtensionsThatAreNotDecodedNothingIsSaid) {
  for (const uint32_t word : {
           0x00000000u,  // udf #0
           0xa400a041u,  // ld1b { z1.b }, p0/z, [x2]
           0xd9200841u,  // stg x1, [x2]
           0x19010440u,  // cpyfp [x0]!, [x1]!, x2!
       })
    EXPECT_FALSE(is_known(word)) << std::hex << word;
  const uint8_t half[] = {0x1f, 0x20};
  EXPECT_FALSE(decode_arm64(half, kBase));
}

/// Registers of which each is known, with values that differ.
RegisterState numbered() {
  RegisterState state{.known = ~0u};
  for (uint8_t number = 0; number < kGeneralRegisters; ++number)
    state.values[number] = kHeap + 0x1000u * number;
  return state;
}

uint64_t address_of(uint32_t word, const RegisterState& state, uint64_t bias = 0) {
  return effective_address(decoded(word).operands[0], state, bias).value_or(0);
}

TEST(Arm64, AddressesFollowFromBaseOffsetAndIndex) {
  RegisterState state = numbered();
  const uint64_t base = state.values[2];
  EXPECT_EQ(address_of(0xf97ffc41, state), base + 32760);            // ldr x1, [x2, #32760]
  EXPECT_EQ(address_of(0x3dc00441, state), base + 16);               // ldr q1, [x2, #16]
  EXPECT_EQ(address_of(0xb81fd041, state), base - 3);                // stur w1, [x2, #-3]
  EXPECT_EQ(address_of(0xf85f8c41, state), base - 8);                // ldr x1, [x2, #-8]!
  EXPECT_EQ(address_of(0xb80107e1, state), state.values[kSp]);       // str w1, [sp], #16
  EXPECT_EQ(address_of(0xa9be7bfd, state), state.values[kSp] - 32);  // stp x29, x30, [sp, #-32]!
  EXPECT_EQ(address_of(0xf8600c41, state), base - 4096);             // ldraa x1, [x2, #-4096]!
  state.values[3] = 0xffff'ffff'ffff'fffe;
  EXPECT_EQ(address_of(0xf8637841, state), base - 16);  // ldr x1, [x2, x3, lsl #3]
  EXPECT_EQ(address_of(0x38636841, state), base - 2);   // ldrb w1, [x2, x3]
  state.values[3] = 0x1'ffff'fffe;
  EXPECT_EQ(address_of(0x78e3d841, state), base - 4);  // ldrsh w1, [x2, w3, sxtw #1]
  EXPECT_EQ(address_of(0x3ca35841, state),
            base + 0xffff'fffe * 16ull);  // str q1, [x2, w3, uxtw #4]
}

TEST(Arm64, LiteralsStandInTheImage) {
  const RegisterState state = numbered();
  EXPECT_EQ(address_of(0x58fffe01, state, 0x5000), kBase - 64 + 0x5000);  // ldr x1, .-64
  EXPECT_EQ(address_of(0x9c000101, state, 0x5000), kBase + 32 + 0x5000);  // ldr q1, .+32
}

/// Memory in which each byte is 0xf0 plus the lowest digit of its address.
class Memory : public LoadedValues {
 public:
  std::optional<uint64_t> load(uint64_t address, uint8_t size) const override {
    uint64_t value = 0;
    for (uint8_t i = 0; i < size; ++i) value |= (0xf0 | ((address + i) & 0xf)) << (8 * i);
    return value;
  }
};

struct Computation {
  uint32_t word;
  const char* text;
  uint64_t result;  ///< in x2, from x1 = 0x1'ffff'fff0, x2 = 100, x3 = 7
};

constexpr uint64_t kOne = 0x1'ffff'fff0;
constexpr Computation kComputations[] = {
    {0x91004042, "add x2, x2, #16", 116},
    {0xd1400442, "sub x2, x2, #1, lsl #12", uint64_t{100} - 4096},
    {0xf1000442, "subs x2, x2, #1", 99},
    {0x91002022, "add x2, x1, #8", kOne + 8},
    {0xaa0103e2, "mov x2, x1", kOne},
    {0x2a0103e2, "mov w2, w1", 0xffff'fff0},
    {0xaa1f03e2, "mov x2, xzr", 0},
    {0x12800002, "mov w2, #-1", 0xffff'ffff},
    {0xd2a24682, "movz x2, #0x1234, lsl #16", 0x1234'0000},
    {0x92800022, "mov x2, #-2", ~uint64_t{1}},
    {0xd0000002, "adrp x2, .+8192", kPage + 8192},
    {0x10ffffe2, "adr x2, .-4", kBase - 4},
    {0x8b030022, "add x2, x1, x3", kOne + 7},
    {0x8b030c22, "add x2, x1, x3, lsl #3", kOne + 56},
    {0x8b21c862, "add x2, x3, w1, sxtw #2", uint64_t{7} - 64},
    {0x0b030022, "add w2, w1, w3", 0xffff'fff7},
    {0xcb030042, "sub x2, x2, x3", 93},
    {0xd37df022, "lsl x2, x1, #3", kOne << 3},
    {0x93407c22, "sxtw x2, w1", ~uint64_t{15}},
    {0x53001c22, "uxtb w2, w1", 0xf0},
    {0x13003c22, "sxth w2, w1", 0xffff'fff0},
    {0x937e7c22, "sbfiz x2, x1, #2, #32", ~uint64_t{63}},
    {0xf9400062, "ldr x2, [x3]", 0xfefd'fcfb'faf9'f8f7},
    {0xb9400062, "ldr w2, [x3]", 0xfaf9'f8f7},
    {0x39c00062, "ldrsb w2, [x3]", 0xffff'fff7},
    {0xb9800062, "ldrsw x2, [x3]", 0xffff'ffff'faf9'f8f7},
    {0xc8dffc62, "ldar x2, [x3]", 0xfefd'fcfb'faf9'f8f7},
    {0x48dffc62, "ldarh w2, [x3]", 0xf8f7},
};

RegisterState small_numbers() {
  RegisterState state{.known = ~0u};
  state.values[1] = kOne;
  state.values[2] = 100;
  state.values[3] = 7;
  return state;
}

TEST(Arm64, WhatAnInstructionComputesIsKnownBehindIt) {
  for (const Computation& wanted : kComputations) {
    const Instruction instruction = decoded(wanted.word);
    EXPECT_EQ(instruction.written, 1u << 2) << wanted.text;
    const RegisterState after = replay(instruction, small_numbers(), Memory(), 0);
    EXPECT_TRUE(after.knows(2)) << wanted.text;
    EXPECT_EQ(after.values[2], wanted.result) << wanted.text;
  }
}

TEST(Arm64, WhatCannotBeComputedIsForgotten) {
  for (const uint32_t word : {
           0xf28000a2u,  // movk x2, #5
           0xcb030022u,  // sub x2, x1, x3
           0xcb0303e2u,  // neg x2, x3
           0xd3442c22u,  // ubfx x2, x1, #4, #8
           0xd343fc22u,  // lsr x2, x1, #3
           0xb3407c22u,  // bfi x2, x1, #0, #32
           0x9b031022u,  // madd x2, x1, x3, x4
           0x9a830022u,  // csel x2, x1, x3, eq
           0x9e660022u,  // fmov x2, d1
           0x1e380022u,  // fcvtzs w2, s1
           0x0e0c3c22u,  // mov w2, v1.s[1]
           0xd53bd042u,  // mrs x2, tpidr_el0
           0xf8210062u,  // ldadd x1, x2, [x3]
           0xc8a27c61u,  // cas x2, x1, [x3]
           0xc8027c61u,  // stxr w2, x1, [x3]
       }) {
    const Instruction instruction = decoded(word);
    EXPECT_EQ(instruction.written, 1u << 2) << std::hex << word;
    EXPECT_FALSE(replay(instruction, small_numbers(), Memory(), 0).knows(2)) << std::hex << word;
    EXPECT_FALSE(undo(instruction, small_numbers()).knows(2)) << std::hex << word;
  }
}

TEST(Arm64, ComparisonsAndVectorsLeaveGeneralRegistersAlone) {
  for (const uint32_t word : {
           0xeb02003fu,  // cmp x1, x2
           0xf1000c3fu,  // cmp x1, #3
           0xb1000fffu,  // cmn sp, #3
           0xea02003fu,  // tst x1, x2
           0xf240003fu,  // tst x1, #1
           0xfa420020u,  // ccmp x1, x2, #0, eq
           0x1e632822u,  // fadd d2, d1, d3
           0x9e670022u,  // fmov d2, x1
           0x9e620022u,  // scvtf d2, x1
           0x4e040c22u,  // dup v2.4s, w1
           0x4e181c22u,  // mov v2.d[1], x1
           0xd51bd042u,  // msr tpidr_el0, x2
           0x3dc00041u,  // ldr q1, [x2]
           0xb821005fu,  // stadd w1, [x2]
           0xf9000041u,  // str x1, [x2]
       })
    EXPECT_EQ(decoded(word).written, 0u) << std::hex << word;
}

TEST(Arm64, ThePairAndTheStatusThatAreWrittenAreNamed) {
  EXPECT_EQ(decoded(0xa9400c41).written, 1u << 1 | 1u << 3);    // ldp x1, x3, [x2]
  EXPECT_EQ(decoded(0xa9407c41).written, 1u << 1);              // ldp x1, xzr, [x2]
  EXPECT_EQ(decoded(0xc87f0c41).written, 1u << 1 | 1u << 3);    // ldxp x1, x3, [x2]
  EXPECT_EQ(decoded(0x48247c46).written, 1u << 4 | 1u << 5);    // casp x4, x5, x6, x7, [x2]
  EXPECT_EQ(decoded(0x88248c41).written, 1u << 4);              // stlxp w4, w1, w3, [x2]
  EXPECT_EQ(decoded(0x927cec3f).written, 1u << kSp);            // and sp, x1, #-16
  EXPECT_EQ(decoded(0xd503233f).written & 1u << 30, 1u << 30);  // paciasp
}

TEST(Arm64, AnAddressThatWasWrittenBackIsUndone) {
  struct WriteBack {
    uint32_t word;
    const char* text;
    uint8_t base;
    int64_t added;
  };
  for (const WriteBack& wanted : {
           WriteBack{0xf85f8c41, "ldr x1, [x2, #-8]!", 2, -8},
           WriteBack{0xb80107e1, "str w1, [sp], #16", kSp, 16},
           WriteBack{0xa8c27bfd, "ldp x29, x30, [sp], #32", kSp, 32},
           WriteBack{0xa9be7bfd, "stp x29, x30, [sp, #-32]!", kSp, -32},
           WriteBack{0x4cdfa041, "ld1 {v1.16b, v2.16b}, [x2], #32", 2, 32},
           WriteBack{0x0d839041, "st1 {v1.s}[1], [x2], x3", 2, kHeap + 0x3000},
           WriteBack{0x91004042, "add x2, x2, #16", 2, 16},
           WriteBack{0xd1400442, "sub x2, x2, #1, lsl #12", 2, -4096},
           WriteBack{0x910103ff, "add sp, sp, #64", kSp, 64},
           WriteBack{0x8b030c42, "add x2, x2, x3, lsl #3", 2, (kHeap + 0x3000) * 8},
           WriteBack{0xcb030042, "sub x2, x2, x3", 2, -int64_t{kHeap + 0x3000}},
       }) {
    const Instruction instruction = decoded(wanted.word);
    const auto added = static_cast<uint64_t>(wanted.added);
    const RegisterState state = numbered();
    const RegisterState before = undo(instruction, state);
    ASSERT_TRUE(before.knows(wanted.base)) << wanted.text;
    EXPECT_EQ(before.values[wanted.base], state.values[wanted.base] - added) << wanted.text;
    const RegisterState after = replay(instruction, state, Memory(), 0);
    EXPECT_EQ(after.values[wanted.base], state.values[wanted.base] + added) << wanted.text;
  }
}

TEST(Arm64, ALoadThatWritesItsBaseBackForgetsOnlyWhatItLoaded) {
  const RegisterState before = undo(decoded(0xf85f8c41), numbered());  // ldr x1, [x2, #-8]!
  EXPECT_FALSE(before.knows(1));
  EXPECT_TRUE(before.knows(3));
}

TEST(Arm64, ACopyRemembersWhatItsSourceHeld) {
  const struct {
    uint32_t word;
    uint8_t source;
  } copies[] = {{0xaa0103e2, 1},     // mov x2, x1
                {0x910003e2, kSp}};  // mov x2, sp
  for (const auto [word, source] : copies) {
    RegisterState after = numbered();
    after.forget(1u << source);
    const RegisterState before = undo(decoded(word), after);
    ASSERT_TRUE(before.knows(source));
    EXPECT_EQ(before.values[source], after.values[2]);
    EXPECT_FALSE(before.knows(2));
  }
}

TEST(Arm64, BranchesCallsAndReturnsLeadWhereTheySay) {
  struct Leaving {
    uint32_t word;
    const char* text;
    Flow flow;
    int64_t distance;  ///< 0: not known
    bool is_return;
  };
  for (const Leaving& wanted : {
           Leaving{0x14000002, "b .+8", Flow::kJump, 8, false},
           Leaving{0x17fffffe, "b .-8", Flow::kJump, -8, false},
           Leaving{0x94000400, "bl .+4096", Flow::kCall, 4096, false},
           Leaving{0x54ffffa1, "b.ne .-12", Flow::kBranch, -12, false},
           Leaving{0xb4000082, "cbz x2, .+16", Flow::kBranch, 16, false},
           Leaving{0x35ffff82, "cbnz w2, .-16", Flow::kBranch, -16, false},
           Leaving{0x361800a2, "tbz w2, #3, .+20", Flow::kBranch, 20, false},
           Leaving{0xb747ff62, "tbnz x2, #40, .-20", Flow::kBranch, -20, false},
           Leaving{0xd61f0040, "br x2", Flow::kJump, 0, false},
           Leaving{0xd63f0040, "blr x2", Flow::kCall, 0, false},
           Leaving{0xd65f03c0, "ret", Flow::kEnd, 0, true},
           Leaving{0xd65f0bff, "retaa", Flow::kEnd, 0, true},
           Leaving{0xd4000001, "svc #0", Flow::kSystemCall, 0, false},
           Leaving{0xd4200020, "brk #1", Flow::kEnd, 0, false},
       }) {
    const Instruction instruction = decoded(wanted.word);
    const uint64_t target =
        wanted.distance == 0 ? 0 : kBase + static_cast<uint64_t>(wanted.distance);
    EXPECT_EQ(instruction.flow, wanted.flow) << wanted.text;
    EXPECT_EQ(instruction.target, target) << wanted.text;
    EXPECT_EQ(instruction.is_return, wanted.is_return) << wanted.text;
    EXPECT_EQ(instruction.length, 4) << wanted.text;
  }
}

TEST(Arm64, ACallMayChangeWhatTheCallerHasToSave) {
  const RegisterState before = undo(decoded(0x94000400), numbered());
  for (uint8_t number = 0; number < kGeneralRegisters; ++number)
    EXPECT_EQ(before.knows(number), (number >= 19 && number <= 29) || number == kSp) << int{number};
}

}  // namespace
}  // namespace quarrel
