// Are pointers found that lead to the data, with the size of their blocks, and nothing else?
#include "collect/near_pointers.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/sanitizer.h"

namespace quarrel {
namespace {

template <class T>
uint64_t address_of(const T* object) {
  return reinterpret_cast<uint64_t>(object);
}

struct Owner {
  uint64_t far = 12345;
  std::vector<long> numbers = std::vector<long>(10);
  Owner* other = nullptr;
};

/// This process stands for the target.
class NearPointers : public testing::Test {
 protected:
  std::vector<NearPointer> find(uint64_t address) {
    return read_near_pointers(getpid(), {address, StackId{0}, capture_, {}}, recording_);
  }

  static const NearPointer* at(const std::vector<NearPointer>& found, uint64_t address) {
    for (const NearPointer& one : found)
      if (one.address == address) return &one;
    return nullptr;
  }

  Capture capture_;
  Recording recording_;
};

TEST_F(NearPointers, AreMembersOfWhatARegisterPointsAt) {
  const auto owner = std::make_unique<Owner>();
  capture_.registers[kRdi] = address_of(owner.get());
  const auto found = find(address_of(&owner->numbers[7]));
  const uint64_t member = address_of(&owner->numbers);
  const NearPointer* begin = at(found, member);
  ASSERT_NE(begin, nullptr);
  EXPECT_EQ(begin->value, address_of(owner->numbers.data()));
  const NearPointer* end = at(found, member + 8);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->value, begin->value + 80);
  EXPECT_EQ(at(found, address_of(&owner->far)), nullptr);
  EXPECT_EQ(at(found, address_of(&owner->other)), nullptr);
  EXPECT_TRUE(std::ranges::is_sorted(found, {}, &NearPointer::address));
}

TEST_F(NearPointers, HaveTheSizeThatGlibcsMallocWroteBeforeTheBlock) {
  if (kHasSanitizer) GTEST_SKIP() << "the allocator of a sanitizer writes no such size";
  const auto owner = std::make_unique<Owner>();
  capture_.registers[kRdi] = address_of(owner.get());
  const auto found = find(address_of(&owner->numbers[7]));
  const NearPointer* begin = at(found, address_of(&owner->numbers));
  ASSERT_NE(begin, nullptr);
  EXPECT_GE(begin->heap_bytes, 80u);
  EXPECT_LT(begin->heap_bytes, 112u);
}

TEST_F(NearPointers, AreMembersOfWhatTheMembersPointAt) {
  struct Pool {
    long* counts = new long[4];
  };
  struct Server {
    std::vector<std::unique_ptr<Pool>> pools = std::vector<std::unique_ptr<Pool>>(4);
  };
  const auto server = std::make_unique<Server>();
  for (auto& pool : server->pools) pool = std::make_unique<Pool>();
  capture_.registers[kRdi] = address_of(server.get());
  const Pool& pool = *server->pools[2];
  const auto found = find(address_of(&pool));
  EXPECT_NE(at(found, address_of(&server->pools)), nullptr);
  EXPECT_NE(at(found, address_of(&server->pools[2])), nullptr);
  EXPECT_EQ(at(find(address_of(pool.counts + (1 << 20))), address_of(&pool.counts)), nullptr);
  for (auto& one : server->pools) delete[] one->counts;
}

TEST_F(NearPointers, InARegisterHaveABlockAndNoAddress) {
  if (kHasSanitizer) GTEST_SKIP() << "the allocator of a sanitizer writes no size before a block";
  const auto numbers = std::make_unique<long[]>(6);
  capture_.registers[kRbx] = address_of(numbers.get());
  const auto found = find(address_of(&numbers[2]));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].address, 0u);
  EXPECT_EQ(found[0].value, address_of(numbers.get()));
  EXPECT_GE(found[0].heap_bytes, 48u);
}

TEST_F(NearPointers, OnTheCapturedStackAreFound) {
  const auto numbers = std::make_unique<long[]>(6);
  const uint64_t value = address_of(numbers.get());
  capture_.stack_start = 0x7ffc00001000;
  capture_.registers[kRsp] = capture_.stack_start;
  capture_.bytes.resize(64);
  std::memcpy(&capture_.bytes[24], &value, sizeof value);
  const auto all = find(value + 8);
  const NearPointer* found = at(all, capture_.stack_start + 24);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->value, value);
}

TEST_F(NearPointers, AmongGlobalsOfModulesOnTheStackAreFound) {
  static long* numbers = new long[6];
  const uint64_t page = address_of(&numbers) & ~uint64_t{4095};
  recording_.mappings = {{0x10000, 0x20000, 0, ModuleId{0}, true},
                         {0x20000, 0x30000, 0, ModuleId{1}, true},
                         {page, page + 4096, 0, ModuleId{1}, false}};
  const auto is_found = [&] {
    return at(find(address_of(numbers) + 16), address_of(&numbers)) != nullptr;
  };
  capture_.registers[kRip] = 0x20010;
  EXPECT_TRUE(is_found());
  capture_.registers[kRip] = 0x10010;
  EXPECT_FALSE(is_found());
  recording_.frames = {{.pc = 0x20010}, {.caller = FrameId{0}, .pc = 0x10010}};
  recording_.stacks = {{.innermost = FrameId{1}}};
  EXPECT_TRUE(is_found());
}

TEST_F(NearPointers, SurviveObjectsAtTheEndOfMemory) {
  const long page = sysconf(_SC_PAGESIZE);
  void* pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  munmap(static_cast<char*>(pages) + page, page);
  auto* last = reinterpret_cast<uint64_t*>(static_cast<char*>(pages) + page) - 1;
  *last = address_of(last);
  capture_.registers[kRdi] = address_of(last);
  capture_.registers[kRsi] = ~uint64_t{0};
  capture_.registers[kRdx] = 8;
  capture_.registers[kRax] = (uint64_t{1} << 47) - 8;
  EXPECT_NE(at(find(address_of(last)), address_of(last)), nullptr);
  munmap(pages, page);
}

}  // namespace
}  // namespace quarrel
