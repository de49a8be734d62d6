// Is it followed where a function keeps the lock, whatever it does to its stack pointer?
#include "resolve/lock_registers.h"

#include <gtest/gtest.h>

#include "unit/made_program.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

using Code = std::vector<uint8_t>;

/// What is known before the last instruction.
LockPlaces places_at_end_of(const Code& code) {
  const TemporaryFolder folder;
  put_bytes(folder.file("program"), made_program(EM_X86_64, code));
  const auto image = CodeImage::open(folder.file("program"), "");
  EXPECT_NE(image, nullptr);
  const auto flow = ControlFlow::read({*image, {{kMadeCodeOffset, code.size()}}}, kMadeCodeOffset);
  EXPECT_TRUE(flow);
  return find_lock_places(*flow).back().value_or(LockPlaces{});
}

TEST(LockRegisters, AreNotAskedForWhereTheFileHasNoCodeOfTheFunction) {
  const TemporaryFolder folder;
  put_bytes(folder.file("program"), made_program(EM_X86_64, {0xc3}));
  const auto image = CodeImage::open(folder.file("program"), "");
  ASSERT_NE(image, nullptr);
  EXPECT_TRUE(ControlFlow::read({*image, {{kMadeCodeOffset, 16}}}, kMadeCodeOffset));
  EXPECT_FALSE(ControlFlow::read({*image, {{2 * kMadeCodeOffset, 16}}}, 2 * kMadeCodeOffset));
}

// push %rdi; sub $16,%rsp; mov 16(%rsp),%rax; ret
TEST(LockRegisters, FollowTheLockThroughTheStack) {
  const LockPlaces places =
      places_at_end_of({0x57, 0x48, 0x83, 0xec, 0x10, 0x48, 0x8b, 0x44, 0x24, 0x10, 0xc3});
  EXPECT_EQ(places.stack_pointer, -24);
  EXPECT_NE(places.registers & 1u << kRax, 0u);
}

// sub $0x7fffffff,%rsp; sub $0x7fffffff,%rsp; mov %rdi,-0x7fffffff(%rsp); ret
TEST(LockRegisters, FollowAStackPointerThatMovesByMoreThanAnyStackHas) {
  const LockPlaces places =
      places_at_end_of({0x48, 0x81, 0xec, 0xff, 0xff, 0xff, 0x7f, 0x48, 0x81, 0xec, 0xff, 0xff,
                        0xff, 0x7f, 0x48, 0x89, 0xbc, 0x24, 0x01, 0x00, 0x00, 0x80, 0xc3});
  EXPECT_EQ(places.stack_pointer, -2 * int64_t{0x7fffffff});
  EXPECT_EQ(places.slots, std::vector<int64_t>{-3 * int64_t{0x7fffffff}});
}

}  // namespace
}  // namespace quarrel
