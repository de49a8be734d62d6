// Are thread-local objects named, in the memory of the right thread and nowhere else?
#include "resolve/thread_locals.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "collect/elf_facts.h"
#include "resolve/address_names.h"
#include "resolve/fixture_process.h"

namespace quarrel {
namespace {

constexpr uint64_t kFirstBase = 0x7f00'0000'1740;
constexpr uint64_t kSecondBase = 0x7f00'0080'1740;
constexpr uint64_t kBelow = 256;
constexpr uint64_t kSize = 200;  // then 56 bytes for alignment
constexpr ModuleId kProgram{0};

class ThreadLocalsTest : public testing::Test {
 protected:
  ThreadLocalsTest() {
    recording_.modules = {{"/bin/program", ""}};
    recording_.thread_local_blocks = {{kProgram, kBelow, kSize}};
    recording_.threads = {{.tid = 10, .name = "main", .fs_base = kFirstBase},
                          {.tid = 11, .name = "unknown"},
                          {.tid = 12, .name = "second", .fs_base = kSecondBase}};
  }

  std::optional<ThreadLocalPlace> find(uint64_t address) const {
    return ThreadLocals(recording_).find(address);
  }

  Recording recording_;
};

TEST_F(ThreadLocalsTest, ABlockReachesFromItsFirstByteToItsLast) {
  const auto first = find(kFirstBase - kBelow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->module, kProgram);
  EXPECT_EQ(first->offset, 0u);
  EXPECT_EQ(first->thread, ThreadId{0});
  EXPECT_EQ(first->threads, 1u);
  const auto last = find(kSecondBase - kBelow + kSize - 1);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->offset, kSize - 1);
  EXPECT_EQ(last->thread, ThreadId{2});
}

TEST_F(ThreadLocalsTest, WhatStandsJustOutsideOfABlockIsNotThreadLocal) {
  EXPECT_FALSE(find(kFirstBase - kBelow - 1));
  EXPECT_FALSE(find(kFirstBase - kBelow + kSize));
  EXPECT_FALSE(find(kFirstBase));
  EXPECT_FALSE(find(kFirstBase + 64));
  EXPECT_FALSE(find((kFirstBase + kSecondBase) / 2));
  EXPECT_FALSE(find(0));
  EXPECT_FALSE(find(UINT64_MAX));
}

TEST_F(ThreadLocalsTest, AThreadWhosePointerIsNotKnownHasNone) {
  recording_.threads[0].fs_base = 0;
  EXPECT_FALSE(find(kFirstBase - kBelow));
  EXPECT_FALSE(find(0 - kBelow));
  EXPECT_TRUE(find(kSecondBase - kBelow));
}

TEST_F(ThreadLocalsTest, WithoutABlockNothingIsThreadLocal) {
  recording_.thread_local_blocks.clear();
  EXPECT_FALSE(find(kFirstBase - 8));
}

TEST_F(ThreadLocalsTest, OfThreadsThatHadTheMemoryOneAfterAnotherTheLastIsMeant) {
  recording_.threads[2].fs_base = kFirstBase;
  recording_.threads[0].first_seen_ns = 2000;
  recording_.threads[2].first_seen_ns = 1000;
  const auto place = find(kFirstBase - 100);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->thread, ThreadId{0});
  EXPECT_EQ(place->threads, 2u);
}

struct ExpectedObject {
  const char* label;
  const char* display;
  const char* symbol;  // without debug information
};

const ExpectedObject kExpected[] = {
    {"struct_field", "app::t_counters.b", "app::t_counters+0x8"},
    {"mutex_in_class", "app::t_queue.mu", "app::t_queue+0x8"},
    {"static_member", "Pool<8>::own.hits[2]", "Pool<8>::own+0x18"},
    {"anonymous_namespace", "t_hidden", "t_hidden"},
    {"aligned", "t_aligned[130]", "t_aligned+0x82"},
    {"plain", "t_plain", "t_plain"},
    {"function_static", "next_ticket::ticket", "next_ticket()::ticket"},
};

struct Named {
  Recording recording;
  std::map<std::string, DataObject> objects;
};

Named names_of(const std::string& fixture) {
  FixtureProcess process(fixture_path(fixture));
  Named named{.recording = process.recording(), .objects = {}};
  Recording& recording = named.recording;
  const auto addresses = process.addresses();
  recording.threads = {{.tid = 1, .name = "first", .fs_base = addresses.at("main_pointer")},
                       {.tid = 2, .name = "worker", .fs_base = addresses.at("other_pointer")}};
  const Fd file(::open(fixture_path(fixture).c_str(), O_RDONLY | O_CLOEXEC));
  const ElfFacts facts = read_elf_facts(file.get());
  const ModuleId program = recording.mappings.front().module;
  recording.thread_local_blocks = {{program, facts.tls_below_thread_pointer, facts.tls_bytes}};
  Wanted wanted;
  for (const auto& [label, address] : addresses) wanted.data.push_back(address);
  std::sort(wanted.data.begin(), wanted.data.end());
  const FoundNames names = find_names(recording, wanted, ResolveOptions{});
  for (const auto& [label, address] : addresses)
    if (const auto found = names.data.find(address); found != names.data.end())
      named.objects[label] = found->second;
  return named;
}

class ThreadLocalsOf : public testing::TestWithParam<const char*> {};

TEST_P(ThreadLocalsOf, AreNamedByVariableAndFieldAndThread) {
  Named named = names_of(GetParam());
  for (const ExpectedObject& expected : kExpected) {
    for (const ThreadId thread : {ThreadId{0}, ThreadId{1}}) {
      const std::string label =
          (thread.value == 0 ? "main_" : "other_") + std::string(expected.label);
      SCOPED_TRACE(label);
      const DataObject& object = named.objects[label];
      EXPECT_EQ(object.display, expected.display);
      EXPECT_EQ(object.source, NameSource::kGlobalVariable);
      EXPECT_EQ(object.thread, thread);
      EXPECT_TRUE(object.declared.file.ends_with("/fixtures/thread_locals.cc"));
      EXPECT_TRUE(
          object.how.ends_with(thread.value == 0 ? "thread 1 (first)" : "thread 2 (worker)"))
          << object.how;
    }
  }
}

TEST_P(ThreadLocalsOf, DoNotIncludeWhatIsNotTheirs) {
  Named named = names_of(GetParam());
  EXPECT_EQ(named.objects["main_global"].display, "g_mutex");
  EXPECT_FALSE(named.objects["main_global"].thread.is_valid());
  EXPECT_FALSE(named.objects.contains("main_heap"));
  EXPECT_FALSE(named.objects.contains("main_pointer"));
}

INSTANTIATE_TEST_SUITE_P(Resolve, ThreadLocalsOf,
                         testing::Values("thread_locals_gcc_O0", "thread_locals_gcc_O2",
                                         "thread_locals_gcc_static", "thread_locals_gcc_nopie",
                                         "thread_locals_clang_O0", "thread_locals_clang_O2",
                                         "thread_locals_clang_split"),
                         [](const auto& test) { return std::string(test.param); });

void expect_symbols(const std::string& fixture) {
  Named named = names_of(fixture);
  for (const ExpectedObject& expected : kExpected) {
    const DataObject& object = named.objects[std::string("other_") + expected.label];
    EXPECT_EQ(object.display, expected.symbol);
    EXPECT_EQ(object.source, NameSource::kSymbol);
    EXPECT_EQ(object.thread, ThreadId{1});
  }
}

TEST(ThreadLocalNames, WithoutDebugInformationAreSymbolPlusOffset) {
  expect_symbols("thread_locals_g0");
}

// gcc 12 writes addresses of the file into the table that is for offsets.
TEST(ThreadLocalNames, InSplitDebugInformationOfGccAreSymbolPlusOffset) {
  expect_symbols("thread_locals_gcc_split");
}

TEST(ThreadLocalNames, OfAStrippedProgramSayOnlyThatTheyAre) {
  Named named = names_of("thread_locals_stripped");
  const DataObject& object = named.objects["other_mutex_in_class"];
  EXPECT_EQ(object.source, NameSource::kUnknown);
  EXPECT_TRUE(object.display.starts_with("thread-local thread_locals_stripped+0x"))
      << object.display;
}

}  // namespace
}  // namespace quarrel
