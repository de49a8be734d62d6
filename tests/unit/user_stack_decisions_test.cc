// Does a stack copy stop where the stack ends?
#include "user_stack_decisions.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

TEST(StackCopyLength, EndsAtTheThreadControlBlock) {
  EXPECT_EQ(stack_copy_length(0x10000, 0x10800, 0, 16384), 0x800u);
}

TEST(StackCopyLength, EndsBehindTheStartOfTheFirstThread) {
  EXPECT_EQ(stack_copy_length(0x10000, 0, 0x10400, 16384), 0x400u + QUARREL_START_BYTES);
}

TEST(StackCopyLength, IgnoresAControlBlockBelowTheStack) {
  EXPECT_EQ(stack_copy_length(0x10000, 0x9000, 0, 16384), 16384u);
}

TEST(StackCopyLength, NeverExceedsTheLimitOrTheBuffer) {
  EXPECT_EQ(stack_copy_length(0x10000, ~0ull, ~0ull, 640), 640u);
  EXPECT_EQ(stack_copy_length(0x10000, 0, 0, 1u << 30), uint32_t{MAX_STACK_BYTES});
  EXPECT_LE(stack_copy_length(~0ull - 100, ~0ull, ~0ull, 1u << 30), uint32_t{MAX_STACK_BYTES});
}

}  // namespace
}  // namespace quarrel
