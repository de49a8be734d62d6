// Are globals, locks and functions called what their author called them?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "resolve/address_names.h"
#include "resolve/fixture_process.h"
#include "resolve/names.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

struct ExpectedObject {
  const char* label;
  const char* display;
  const char* record;
  const char* field;
  const char* type;
  uint64_t record_offset;
};

const ExpectedObject kExpected[] = {
    {"struct_field", "app::g_counters.b", "Counters", "b", "std::atomic<long>", 8},
    {"anonymous_namespace", "g_hidden.a", "Counters", "a", "std::atomic<long>", 0},
    {"static_member", "Pool<8>::shared.hits[2]", "Pool<8>", "hits[2]", "long", 24},
    {"function_static", "next_ticket::ticket", "", "", "long", 0},
    {"array_element", "app::g_slots[3].misses", "Slot", "misses", "long", 8},
    {"nested_class", "g_outer.inner.value", "Outer::Inner", "value", "int", 4},
    {"anonymous_union", "g_outer.as_long", "Outer", "as_long", "long", 16},
    {"mutex_in_class", "g_limiter.mu_", "RateLimiter", "mu_", "std::mutex", 8},
    {"atomic_in_class", "g_limiter.tokens_", "RateLimiter", "tokens_", "std::atomic<long>", 48},
    {"base_class", "g_derived.base_count", "Base", "base_count", "long", 0},
    {"lock_wrapper", "g_cache.lock_", "Cache", "lock_", "SpinLock", 8},
    {"c_struct", "g_stats.lock", "c_stats_t", "lock", "pthread_mutex_t", 8},
    {"grid", "g_grid[1][2]", "", "", "int", 0},
    {"plain_mutex", "g_mutex", "", "", "std::mutex", 0},
    {"mutex_array", "g_mutexes[2]", "", "", "std::mutex", 0},
    {"std_array", "g_shards[2].misses", "Slot", "misses", "long", 8},
    {"std_array_of_mutexes", "g_stripes[1]", "", "", "std::mutex", 0},
};

std::map<std::string, DataObject> objects_of(const std::string& fixture) {
  FixtureProcess process(fixture_path(fixture));
  Recording recording = process.recording();
  Wanted wanted;
  auto addresses = process.addresses();
  for (auto& [label, address] : addresses) wanted.data.push_back(address);
  std::sort(wanted.data.begin(), wanted.data.end());
  FoundNames names = find_names(recording, wanted, ResolveOptions{});
  std::map<std::string, DataObject> objects;
  for (auto& [label, address] : addresses) objects[label] = names.data[address];
  return objects;
}

class GlobalsOf : public testing::TestWithParam<const char*> {};

TEST_P(GlobalsOf, AreNamedByVariableAndField) {
  auto objects = objects_of(GetParam());
  for (const ExpectedObject& expected : kExpected) {
    SCOPED_TRACE(expected.label);
    const DataObject& object = objects[expected.label];
    EXPECT_EQ(object.display, expected.display);
    EXPECT_EQ(object.record, expected.record);
    EXPECT_EQ(object.field, expected.field);
    EXPECT_EQ(object.type, expected.type);
    EXPECT_EQ(object.record_offset, expected.record_offset);
    EXPECT_EQ(object.source, NameSource::kGlobalVariable);
    EXPECT_TRUE(object.declared.file.ends_with("/fixtures/globals.cc")) << object.declared.file;
    EXPECT_GT(object.declared.line, 0U);
    EXPECT_GT(object.size, 0U);
  }
}

TEST_P(GlobalsOf, DoNotIncludeTheHeap) {
  auto objects = objects_of(GetParam());
  EXPECT_EQ(objects["heap"].source, NameSource::kUnknown);
}

INSTANTIATE_TEST_SUITE_P(Resolve, GlobalsOf,
                         testing::Values("globals_gcc_O0", "globals_gcc_O2", "globals_gcc_static",
                                         "globals_gcc_nopie", "globals_gcc_split",
                                         "globals_clang_O0", "globals_clang_O2"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Globals, WithoutDebugInformationAreSymbolPlusOffset) {
  auto objects = objects_of("globals_g0");
  EXPECT_EQ(objects["struct_field"].source, NameSource::kSymbol);
  EXPECT_EQ(objects["struct_field"].display, "app::g_counters+0x8");
  EXPECT_EQ(objects["plain_mutex"].display, "g_mutex");
  EXPECT_EQ(objects["struct_field"].field, "");
}

TEST(Globals, WithLineTablesOnlyAreSymbolPlusOffset) {
  auto objects = objects_of("globals_g1");
  EXPECT_EQ(objects["mutex_in_class"].display, "g_limiter+0x8");
}

TEST(Globals, OfAStrippedProgramHaveNoName) {
  auto objects = objects_of("globals_stripped");
  for (const ExpectedObject& expected : kExpected) {
    EXPECT_EQ(objects[expected.label].source, NameSource::kUnknown);
    EXPECT_TRUE(objects[expected.label].display.starts_with("globals_stripped+0x"));
  }
}

// The lock each blocked thread waits for, named by the variables of its own captured stack.
std::map<std::string, DataObject> locks_of(const std::string& fixture) {
  FixtureProcess process(fixture_path(fixture));
  Recording recording = process.recording();
  std::map<std::string, uint64_t> locks;
  std::istringstream stream(process.lines());
  std::string word;
  std::string name;
  std::string address;
  pid_t tid = 0;
  while (stream >> word >> name >> tid >> address) {
    if (address == "(nil)") continue;
    locks[name] = std::stoull(address, nullptr, 16);
    recording.exemplars.push_back({locks[name], {}, process.capture(tid)});
  }
  Wanted wanted;
  for (auto& [label, lock] : locks) wanted.data.push_back(lock);
  std::sort(wanted.data.begin(), wanted.data.end());
  FoundNames names = find_names(recording, wanted, ResolveOptions{});
  std::map<std::string, DataObject> objects;
  for (auto& [label, lock] : locks) objects[label] = names.data[lock];
  return objects;
}

class LocksOf : public testing::TestWithParam<const char*> {};

TEST_P(LocksOf, HeapAndStackObjectsAreNamedByLiveVariables) {
  auto locks = locks_of(GetParam());
  EXPECT_EQ(locks["mutex_heap"].display, "app::RateLimiter::mu_") << locks["mutex_heap"].how;
  EXPECT_EQ(locks["mutex_heap"].type, "std::mutex");
  EXPECT_EQ(locks["mutex_heap"].record, "app::RateLimiter");
  EXPECT_EQ(locks["mutex_heap"].record_offset, 8U);
  EXPECT_EQ(locks["mutex_heap"].source, NameSource::kLiveVariable);
  EXPECT_EQ(locks["mutex_stack"].display, "app::RateLimiter::mu_") << locks["mutex_stack"].how;
  EXPECT_EQ(locks["condvar"].display, "app::Queue::ready_") << locks["condvar"].how;
  EXPECT_EQ(locks["condvar"].type, "std::condition_variable");
  EXPECT_EQ(locks["rwlock"].display, "app::Table<long>::lock_") << locks["rwlock"].how;
  EXPECT_EQ(locks["mutex_global"].display, "app::g_limiter.mu_");
  EXPECT_EQ(locks["semaphore"].display, "app::never");
}

INSTANTIATE_TEST_SUITE_P(Resolve, LocksOf,
                         testing::Values("blocked_gcc_O0", "blocked_gcc_O2", "blocked_gcc_static",
                                         "blocked_gcc_split", "blocked_clang_O0",
                                         "blocked_clang_O2"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Locks, OnTheHeapOfAProgramWithoutVariablesStayUnknown) {
  for (const char* fixture : {"blocked_g1", "blocked_stripped"}) {
    auto locks = locks_of(fixture);
    EXPECT_EQ(locks["mutex_heap"].source, NameSource::kUnknown) << locks["mutex_heap"].display;
    EXPECT_EQ(locks["rwlock"].source, NameSource::kUnknown) << locks["rwlock"].display;
  }
}

TEST(FunctionName, LeavesOutParametersReturnTypesAndDefaults) {
  EXPECT_EQ(function_name("_ZN11RateLimiter7acquireEi"), "RateLimiter::acquire");
  EXPECT_EQ(function_name("_ZNK5TableIlE4readEv"), "Table<long>::read");
  EXPECT_EQ(function_name("_Z3addIiET_S0_S0_"), "add<int>");
  EXPECT_EQ(function_name("_ZN3FooclEiPFvcE"), "Foo::operator()");
  EXPECT_EQ(function_name("_ZNK3FoocvbEv"), "Foo::operator bool");
  EXPECT_EQ(function_name("_ZlsRSoRK3Foo"), "operator<<");
  EXPECT_EQ(function_name("_ZN12_GLOBAL__N_16hiddenEv"), "hidden");
  EXPECT_EQ(function_name("_ZZ4mainENKUlvE_clEv"), "main::(lambda)");
  EXPECT_EQ(function_name("pthread_mutex_lock"), "pthread_mutex_lock");
  EXPECT_EQ(function_name("_Zbroken\x1b["), "_Zbroken?[");
}

TEST(ShortenType, WritesStandardTypesAsTheirAuthorsDo) {
  EXPECT_EQ(shorten_type("std::__cxx11::basic_string<char, std::char_traits<char>, "
                         "std::allocator<char> >"),
            "std::string");
  EXPECT_EQ(shorten_type("std::vector<std::vector<int, std::allocator<int> >, "
                         "std::allocator<std::vector<int, std::allocator<int> > > >"),
            "std::vector<std::vector<int>>");
  EXPECT_EQ(shorten_type("std::atomic<long unsigned int>"), "std::atomic<unsigned long>");
  EXPECT_EQ(shorten_type("int"), "int");
}

// Names of a program that was removed, and replaced by another, while it runs.
size_t named_frames_of_replaced_program(bool is_live) {
  const std::string path = testing::TempDir() + "quarrel_replaced";
  std::filesystem::copy_file(fixture_path("globals_gcc_O2"), path,
                             std::filesystem::copy_options::overwrite_existing);
  FixtureProcess process(path);
  Recording recording = process.recording();
  std::filesystem::remove(path);
  std::filesystem::copy_file(fixture_path("blocked_gcc_O2"), path);
  for (Module& module : recording.modules)
    if (module.path == path) module.path += " (deleted)";
  Wanted wanted;
  for (auto& [label, address] : process.addresses()) wanted.data.push_back(address);
  std::sort(wanted.data.begin(), wanted.data.end());
  ResolveOptions options;
  if (is_live) options.live_pid = process.pid();
  FoundNames names = find_names(recording, wanted, options);
  std::filesystem::remove(path);
  return static_cast<size_t>(std::ranges::count_if(names.data, [](const auto& entry) {
    return entry.second.source == NameSource::kGlobalVariable;
  }));
}

TEST(Globals, OfAReplacedProgramAreNamedByTheFileThatTheProcessStillHas) {
  EXPECT_GE(named_frames_of_replaced_program(true), std::size(kExpected));
  EXPECT_EQ(named_frames_of_replaced_program(false), 0U);
}

TEST(Names, WithoutTheSplitFilesAreOfTheSymbolTableAndTheReportSaysSo) {
  std::ifstream original(fixture_path("globals_gcc_split"), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(original), {}};
  for (size_t at = 0; (at = bytes.find(".dwo", at)) != bytes.npos; ++at) bytes[at + 3] = 'x';
  const TemporaryFolder folder;
  const std::string path = folder.file("without_dwo");
  std::ofstream(path, std::ios::binary) << bytes;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  FixtureProcess process(path);
  Recording recording = process.recording();
  Wanted wanted;
  for (auto& [label, address] : process.addresses()) wanted.data.push_back(address);
  std::sort(wanted.data.begin(), wanted.data.end());
  FoundNames names = find_names(recording, wanted, ResolveOptions{});
  ASSERT_EQ(names.unusable.size(), 1U);
  EXPECT_EQ(names.unusable[0], "1 of the .dwo files of " + path + " not found");
  EXPECT_EQ(names.data[process.addresses()["plain_mutex"]].source, NameSource::kSymbol);
}

}  // namespace
}  // namespace quarrel
