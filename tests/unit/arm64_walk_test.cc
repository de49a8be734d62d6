// Is the memory operand behind a sample in aarch64 code found, with registers and stack made up?
//
// The words are those that clang-19 assembles the texts beside them to.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "resolve/access_sizes.h"
#include "resolve/operand_walk.h"
#include "unit/made_program.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

constexpr uint64_t kBase = 0x40'1000;
constexpr uint64_t kHeap = 0x7000'0000;
constexpr uint64_t kStack = 0x7fff'0000'1000;
constexpr uint8_t kSp = kArm64StackPointer;

using Code = std::vector<uint32_t>;

std::vector<uint8_t> code_bytes(const Code& code) {
  std::vector<uint8_t> bytes(code.size() * sizeof(uint32_t));
  std::memcpy(bytes.data(), code.data(), bytes.size());
  return bytes;
}

class Arm64Walk : public testing::Test {
 protected:
  Arm64Walk() {
    registers_.values.fill(0xdead'0000'0000);
    registers_.values[kSp] = kStack;
    capture_.stack_start = kStack;
    capture_.bytes.resize(64);
  }

  uint64_t& x(uint8_t number) { return registers_.values[number]; }

  void put_on_stack(size_t offset, uint64_t value) {
    std::memcpy(&capture_.bytes[offset], &value, sizeof value);
  }

  std::vector<MemoryAccess> at(const Code& code, uint32_t sampled, uint64_t bias = 0) {
    const DecodedFunction function(InstructionSet::kArm64, code_bytes(code), kBase);
    return walk_operands(function, sampled, registers_, capture_, bias);
  }

  RegisterState registers_{.known = ~0u};
  Capture capture_;
};

void expect_access(const MemoryAccess& access, uint32_t index, uint64_t address, uint16_t size,
                   AccessKind kind, uint8_t distance) {
  EXPECT_EQ(access.instruction, kBase + 4 * index);
  EXPECT_EQ(access.address, address);
  EXPECT_EQ(access.size, size);
  EXPECT_EQ(access.kind, kind);
  EXPECT_EQ(access.distance, distance);
}

TEST_F(Arm64Walk, GoesBackThroughAddressesThatWereWrittenBack) {
  const Code code = {
      0xb8004441,  // str w1, [x2], #4
      0xa9be7bfd,  // stp x29, x30, [sp, #-32]!
      0xd1000463,  // sub x3, x3, #1
      0xd503201f,  // nop
  };
  x(2) = kHeap + 4;
  const auto accesses = at(code, 3);
  ASSERT_EQ(accesses.size(), 2u);
  expect_access(accesses[0], 1, kStack, 16, AccessKind::kWrite, 2);
  EXPECT_TRUE(accesses[0].is_own_stack);
  expect_access(accesses[1], 0, kHeap, 4, AccessKind::kWrite, 3);
  EXPECT_FALSE(accesses[1].is_own_stack);
  EXPECT_FALSE(accesses[1].crosses_block);
}

TEST_F(Arm64Walk, FindsBothHalvesOfAnExclusiveLoopFromItsHeadAndItsEnd) {
  const Code code = {
      0x885ffc08,  // 0: ldaxr w8, [x0]
      0x11000509,  // add w9, w8, #1
      0x880afc09,  // stlxr w10, w9, [x0]
      0x35ffffaa,  // cbnz w10, 0
      0xd65f03c0,  // ret
  };
  x(0) = kHeap;
  const auto behind = at(code, 3);
  ASSERT_EQ(behind.size(), 2u);
  expect_access(behind[0], 2, kHeap, 4, AccessKind::kWrite, 1);
  expect_access(behind[1], 0, kHeap, 4, AccessKind::kRead, 3);
  EXPECT_TRUE(behind[0].is_locked);
  EXPECT_TRUE(behind[1].is_locked);
  const auto head = at(code, 0);
  ASSERT_EQ(head.size(), 2u);
  expect_access(head[1], 2, kHeap, 4, AccessKind::kWrite, 2);
  EXPECT_TRUE(head[1].crosses_block);
}

TEST_F(Arm64Walk, UndoesTheStepOfALoopOverItsBackEdge) {
  const Code code = {
      0xf8210043,  // 0: ldadd x1, x3, [x2]
      0x91010042,  // add x2, x2, #64
      0xeb04005f,  // cmp x2, x4
      0x54ffffa1,  // b.ne 0
      0xd65f03c0,  // ret
  };
  x(2) = kHeap + 64;
  const auto last = at(code, 3);
  ASSERT_EQ(last.size(), 1u);
  expect_access(last[0], 0, kHeap, 8, AccessKind::kReadWrite, 3);
  EXPECT_TRUE(last[0].is_locked);
  const auto head = at(code, 0);
  ASSERT_EQ(head.size(), 1u);
  expect_access(head[0], 0, kHeap + 64, 8, AccessKind::kReadWrite, 0);
}

TEST_F(Arm64Walk, ReadsPointersThatWereReloadedFromTheCapturedStack) {
  const Code code = {
      0xf94007e8,  // ldr x8, [sp, #8]
      0xb98007e9,  // ldrsw x9, [sp, #4]
      0x8b090d08,  // add x8, x8, x9, lsl #3
      0xf9400108,  // ldr x8, [x8]
      0xd2800009,  // mov x9, #0
      0xd503201f,  // nop
  };
  put_on_stack(0, uint64_t{0xffff'fffe} << 32);  // index -2
  put_on_stack(8, kHeap + 16);
  const auto accesses = at(code, 5);
  ASSERT_EQ(accesses.size(), 3u);
  expect_access(accesses[0], 3, kHeap, 8, AccessKind::kRead, 2);
  expect_access(accesses[1], 1, kStack + 4, 4, AccessKind::kRead, 4);
  expect_access(accesses[2], 0, kStack + 8, 8, AccessKind::kRead, 5);
}

TEST_F(Arm64Walk, OnlyCalleeSavedRegistersSurviveACall) {
  const Code code = {
      0xf9000261,  // str x1, [x19]
      0xf9000041,  // str x1, [x2]
      0x97ffffea,  // bl
      0xd503201f,  // nop
  };
  x(2) = kHeap + 64;
  x(19) = kHeap;
  const auto accesses = at(code, 3);
  ASSERT_EQ(accesses.size(), 1u);
  expect_access(accesses[0], 0, kHeap, 8, AccessKind::kWrite, 3);
  EXPECT_TRUE(accesses[0].crosses_block);
}

TEST_F(Arm64Walk, AGlobalIsAddressedRelativeToTheLoadedImage) {
  const Code code = {
      0x90000008,  // adrp x8, .
      0x91004108,  // add x8, x8, #16
      0xb8210102,  // ldadd w1, w2, [x8]
      0xaa1f03e8,  // mov x8, xzr
      0xd503201f,  // nop
  };
  constexpr uint64_t kBias = 0x5555'0000'0000;
  const auto accesses = at(code, 4, kBias);
  ASSERT_EQ(accesses.size(), 1u);
  EXPECT_EQ(accesses[0].address, kBase + kBias + 16);
  EXPECT_EQ(accesses[0].instruction, kBase + kBias + 8);
}

TEST_F(Arm64Walk, NothingBeforeASystemCallExplainsASampleBehindIt) {
  const Code code = {
      0xf9000041,  // str x1, [x2]
      0xd4000001,  // svc #0
      0xd503201f,  // nop
  };
  EXPECT_TRUE(at(code, 2).empty());
}

TEST_F(Arm64Walk, NothingFallsThroughAnInstructionThatIsNotDecoded) {
  const Code code = {
      0xf9000041,  // str x1, [x2]
      0xa400a041,  // ld1b { z1.b }, p0/z, [x2]
      0xf9000441,  // str x1, [x2, #8]
      0xd503201f,  // nop
  };
  x(2) = kHeap;
  const DecodedFunction function(InstructionSet::kArm64, code_bytes(code), kBase);
  EXPECT_EQ(function.undecodable_bytes(), 4u);
  ASSERT_EQ(function.instructions().size(), 3u);
  const auto accesses = at(code, 2);
  ASSERT_EQ(accesses.size(), 1u);
  EXPECT_EQ(accesses[0].address, kHeap + 8);
}

TEST(Arm64Function, RandomWordsAreWalkedWithoutHarm) {
  uint64_t state = 103;
  std::vector<uint8_t> code(40'000);
  for (uint8_t& byte : code) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<uint8_t>(state >> 56);
  }
  const DecodedFunction function(InstructionSet::kArm64, code, kBase);
  RegisterState registers{.known = ~0u};
  registers.values.fill(0x8010);
  const Capture capture{.stack_start = 0x8000, .bytes = std::vector<uint8_t>(64)};
  for (uint32_t i = 0; i < function.instructions().size(); i += 3)
    for (const MemoryAccess& access : walk_operands(function, i, registers, capture, 0))
      EXPECT_LE(access.distance, kOperandWindow);
}

TEST(Arm64Image, TheDecoderIsThatOfTheFilesMachine) {
  const TemporaryFolder folder;
  const std::string path = folder.file("program");
  put_bytes(path, made_program(EM_AARCH64, code_bytes({0xd503201f, 0x4864fc46, 0xa9400c41})));
  Recording recording;
  recording.modules.push_back({.path = path});
  recording.mappings.push_back({.start = 0x7000'1000,
                                .end = 0x7000'2000,
                                .file_offset = 4096,
                                .module = {0},
                                .is_executable = true});
  AccessSizes sizes(recording, "");
  EXPECT_FALSE(sizes.find(0x7000'1000, false));     // nop
  const auto swap = sizes.find(0x7000'1004, true);  // caspal x4, x5, x6, x7, [x2]
  ASSERT_TRUE(swap);
  EXPECT_EQ(swap->size, 16u);
  EXPECT_EQ(swap->kind, AccessKind::kReadWrite);
  const auto pair = sizes.find(0x7000'1008, false);  // ldp x1, x3, [x2]
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->size, 16u);
  EXPECT_FALSE(sizes.find(0x7000'1008, true));

  put_bytes(path, made_program(EM_RISCV, code_bytes({0xa9400c41})));
  EXPECT_EQ(CodeImage::open(path, ""), nullptr);
}

}  // namespace
}  // namespace quarrel
