// Are loops that wait for a lock told from loops that work, count, or wait for an event?
#include "resolve/spin_loops.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

using Code = std::vector<uint8_t>;

constexpr uint64_t kBase = 0x1000;

std::optional<PollingLoop> loop_at(const Code& code, uint64_t offset) {
  const DecodedFunction function(InstructionSet::kX86_64, code, kBase);
  const auto index = function.index_at(kBase + offset);
  EXPECT_TRUE(index);
  return index ? spin_loop_at(function, *index) : std::nullopt;
}

// pthread_spin_lock: lock decl (%rdi); jne 8; xor %eax,%eax; ret; 8: pause; cmpl $0,(%rdi); jg 0;
// jmp 8
const Code kPthread = {0xf0, 0xff, 0x0f, 0x75, 0x03, 0x31, 0xc0, 0xc3, 0xf3,
                       0x90, 0x83, 0x3f, 0x00, 0x7f, 0xf1, 0xeb, 0xf7};

TEST(PollingLoop, OfGlibcPollsTheWordThatItTakes) {
  for (const uint64_t offset : {8u, 10u, 13u, 15u}) {
    const auto loop = loop_at(kPthread, offset);
    ASSERT_TRUE(loop) << offset;
    EXPECT_EQ(loop->polled, kBase + 10);
    EXPECT_TRUE(loop->has_pause);
    EXPECT_TRUE(loop->is_acquired);
    EXPECT_EQ(loop->is_at_pause, offset <= 10) << offset;
  }
  EXPECT_FALSE(loop_at(kPthread, 5));
}

// 0: mov $1,%eax; xchg %al,(%rdi); test %al,%al; jne 0; ret
TEST(PollingLoop, OfTestAndSetTriesAndSaysWhatItFound) {
  const Code code = {0xb8, 0x01, 0, 0, 0, 0x86, 0x07, 0x84, 0xc0, 0x75, 0xf5, 0xc3};
  const auto loop = loop_at(code, 7);
  ASSERT_TRUE(loop);
  EXPECT_TRUE(loop->only_tries);
  EXPECT_EQ(loop->behind_polled, kBase + 7);
  EXPECT_EQ(loop->result_register, kRax);
}

// mov $1,%edx; 5: xor %eax,%eax; lock cmpxchg %edx,(%rdi); jne 5; ret
TEST(PollingLoop, OfCompareAndSetExpectsFreeEachTime) {
  const Code code = {0xba, 0x01, 0, 0, 0, 0x31, 0xc0, 0xf0, 0x0f, 0xb1, 0x17, 0x75, 0xf8, 0xc3};
  EXPECT_TRUE(loop_at(code, 11));
}

// 0: mov (%rdi),%eax; 2: lea 1(%rax),%edx; lock cmpxchg %edx,(%rdi); jne 2; ret
TEST(PollingLoop, IsNoLoopThatComputesWhatItStores) {
  const Code code = {0x8b, 0x07, 0x8d, 0x50, 0x01, 0xf0, 0x0f, 0xb1, 0x17, 0x75, 0xf7, 0xc3};
  EXPECT_FALSE(loop_at(code, 5));
  EXPECT_FALSE(loop_at(code, 9));
}

// 0: lock incl (%rdi); pause; dec %ecx; jne 0; ret
TEST(PollingLoop, IsNoLoopThatCounts) {
  const Code code = {0xf0, 0xff, 0x07, 0xf3, 0x90, 0xff, 0xc9, 0x75, 0xf7, 0xc3};
  EXPECT_FALSE(loop_at(code, 3));
}

// 0: xor %eax,%eax; xchg %rax,(%rdi); test %rax,%rax; je 0; ret
TEST(PollingLoop, IsNoLoopThatTakesItemsOut) {
  const Code code = {0x31, 0xc0, 0x48, 0x87, 0x07, 0x48, 0x85, 0xc0, 0x74, 0xf6, 0xc3};
  EXPECT_FALSE(loop_at(code, 5));
}

// 0: pause; cmpb $0,(%rdi); je 0; ret
TEST(PollingLoop, ThatOnlyLooksMayWaitForAnEvent) {
  const Code code = {0xf3, 0x90, 0x80, 0x3f, 0x00, 0x74, 0xf9, 0xc3};
  const auto loop = loop_at(code, 2);
  ASSERT_TRUE(loop);
  EXPECT_FALSE(loop->is_acquired);
}

// 0: pause; movabs 0x8000000000000000,%al; test %al,%al; jne 0; lock decl 0x10; ret
TEST(PollingLoop, PollsNothingNearAWordAtTheOtherEndOfMemory) {
  const Code code = {0xf3, 0x90, 0xa0, 0,    0,    0,    0,    0,    0, 0, 0x80, 0x84,
                     0xc0, 0x75, 0xf1, 0xf0, 0xff, 0x0c, 0x25, 0x10, 0, 0, 0,    0xc3};
  const auto loop = loop_at(code, 2);
  ASSERT_TRUE(loop);
  EXPECT_FALSE(loop->is_acquired);
}

// 0: pause; call 0; cmpb $0,(%rdi); je 0; ret
TEST(PollingLoop, CallsNothing) {
  const Code code = {0xf3, 0x90, 0xe8, 0xf9, 0xff, 0xff, 0xff, 0x80, 0x3f, 0x00, 0x74, 0xf4, 0xc3};
  EXPECT_FALSE(loop_at(code, 7));
}

// 0: mov (%rdi),%edx; add %edx,%eax; dec %ecx; jne 0; ret
TEST(PollingLoop, DoesNothingElse) {
  const Code code = {0x8b, 0x17, 0x01, 0xd0, 0xff, 0xc9, 0x75, 0xf8, 0xc3};
  EXPECT_FALSE(loop_at(code, 2));
}

}  // namespace
}  // namespace quarrel
