// Does debug information that ends its reader cost more than the names it would have given?
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <new>
#include <random>
#include <vector>

#include "base/contained_work.h"
#include "base/sanitizer.h"
#include "resolve/packed_names.h"
#include "unit/temporary_folder.h"

namespace quarrel {
namespace {

using testing::HasSubstr;

constexpr ContainmentLimits kLimits{.memory_bytes = uint64_t{1} << 30,
                                    .cpu = std::chrono::seconds(20)};

bool always() {
  return true;
}

ContainedResult run(const std::function<std::string()>& work) {
  return run_contained(work, kLimits, always);
}

TEST(ContainedWork, HandsItsBytesOver) {
  const std::string large(3'000'000, 'x');
  const ContainedResult result = run([&] { return large; });
  EXPECT_EQ(result.bytes, large);
  EXPECT_EQ(result.failure, "");
  EXPECT_FALSE(result.is_cancelled);
}

TEST(ContainedWork, ThatCrashesIsAFailureOfItsOwn) {
  const ContainedResult result = run([]() -> std::string {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return "never";
  });
  EXPECT_THAT(result.failure, HasSubstr("crashed (Segmentation fault)"));
}

TEST(ContainedWork, GetsNoMoreMemoryThanItMayHave) {
  if (kHasSanitizer) GTEST_SKIP() << "a sanitizer needs more address space than the limit";
  const ContainedResult result = run([] {
    std::vector<char> bytes(size_t{2} << 30, 'x');
    return std::string(bytes.data() + 5, 1);
  });
  EXPECT_EQ(result.failure, "needs more than 1 GiB");
}

TEST(ContainedWork, CanReadFilesButNothingElse) {
  if (kHasSanitizer) GTEST_SKIP() << "a sanitizer needs system calls that the filter forbids";
  const TemporaryFolder folder;
  std::ofstream(folder.file("input")) << "text";
  const int opened = open(folder.file("input").c_str(), O_RDWR | O_CLOEXEC);
  const int inherited = fcntl(opened, F_DUPFD_CLOEXEC, 100);
  const ContainedResult result = run([&] {
    std::string done;
    std::string text;
    std::ifstream(folder.file("input")) >> text;
    if (text == "text") done += "read ";
    if (write(inherited, "x", 1) == 1) done += "wrote ";
    if (open(folder.file("output").c_str(), O_WRONLY | O_CREAT, 0600) >= 0) done += "created ";
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) done += "connected ";
    if (kill(getppid(), 0) == 0) done += "signalled ";
    if (mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        MAP_FAILED)
      done += "executable ";
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child > 0) done += "forked ";
    return done;
  });
  close(opened);
  close(inherited);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.bytes, "read ");
}

TEST(ContainedWork, ThatAbortsIsAFailureOfItsOwn) {
  EXPECT_THAT(run([]() -> std::string { std::abort(); }).failure, HasSubstr("crashed (Aborted)"));
}

TEST(ContainedWork, GetsNoMoreTimeThanItMayHave) {
  ContainmentLimits limits = kLimits;
  limits.cpu = std::chrono::seconds(1);
  const ContainedResult result = run_contained(
      []() -> std::string {
        for (volatile unsigned spin = 0;;) (void)spin;
      },
      limits, always);
  EXPECT_THAT(result.failure, HasSubstr("took more than 1 s"));
}

TEST(ContainedWork, IsEndedWhenItIsNoLongerWanted) {
  const ContainedResult result = run_contained(
      []() -> std::string {
        pause();
        return "";
      },
      kLimits, [] { return false; });
  EXPECT_TRUE(result.is_cancelled);
  EXPECT_EQ(result.failure, "");
}

ModuleNames some_names() {
  ResolvedFrame frame;
  frame.locations.push_back({"a/b.cc", 12, 3, "ns::f"});
  frame.locations.push_back({"", 0, 0, "main"});
  frame.module = ModuleId{0};
  frame.module_offset = 0x1234;
  frame.has_symbol = true;
  DataObject object{.source = NameSource::kGlobalVariable, .variable = "g", .display = "g.a"};
  object.address = 0x5000;
  object.declared = {"c.h", 4, 0, ""};
  ModuleNames names;
  names.code = {frame};
  names.data = {object};
  names.live = {{.address = 7, .object = object, .aggregate_size = 64, .frame = 2}};
  names.unusable = "no";
  return names;
}

TEST(PackedNames, ComeBackAsTheyWere) {
  const std::string bytes = pack_names(some_names());
  auto names = unpack_names(bytes);
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(names->code[0].locations, some_names().code[0].locations);
  EXPECT_EQ(names->code[0].module_offset, 0x1234U);
  EXPECT_EQ(names->data[0].display, "g.a");
  EXPECT_EQ(names->data[0].declared.file, "c.h");
  EXPECT_EQ(names->live[0].aggregate_size, 64U);
  EXPECT_EQ(names->unusable, "no");
  EXPECT_EQ(pack_names(*names), bytes);
}

TEST(PackedNames, ThatAreDamagedAreRefusedOrHarmless) {
  const std::string bytes = pack_names(some_names());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(unpack_names(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(unpack_names(bytes + "x").ok());
  std::minstd_rand random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    (void)unpack_names(damaged);
  }
}

// One address to name; the reader crashes on debug information, and also on symbols if it must.
ModuleNames name_with_crash(NameDepth deepest_that_works) {
  ResolvedFrame place;
  ModuleWork work;
  work.code.push_back({.address = 0x1234, .result = &place});
  auto read = [&](NameDepth depth) {
    if (depth > deepest_that_works) {
      signal(SIGSEGV, SIG_DFL);
      raise(SIGSEGV);
    }
    ModuleNames names = some_names();
    names.unusable.clear();
    names.data.clear();
    names.code[0].locations = {{"", 0, 0, depth == NameDepth::kSymbols ? "symbol" : "lib.so+0x1"}};
    return names;
  };
  return name_contained("/lib.so", work, read, always);
}

TEST(ContainedNames, AreOfTheSymbolTableIfDebugInformationEndsItsReader) {
  const ModuleNames names = name_with_crash(NameDepth::kSymbols);
  EXPECT_EQ(names.code[0].locations[0].function, "symbol");
  EXPECT_EQ(names.unusable,
            "reading the debug information of /lib.so crashed (Segmentation fault); "
            "its names are from the symbol table");
}

TEST(ContainedNames, AreOffsetsIfTheSymbolTableEndsItTooYetNothingElseIsLost) {
  const ModuleNames names = name_with_crash(NameDepth::kNothing);
  EXPECT_EQ(names.code[0].locations[0].function, "lib.so+0x1");
  EXPECT_THAT(names.unusable, HasSubstr("crashed"));
}

TEST(ContainedNames, AreOffsetsAsSoonAsTheUserSkipsThem) {
  ResolvedFrame place;
  ModuleWork work;
  work.code.push_back({.address = 0x1234, .result = &place});
  auto read = [&](NameDepth depth) {
    if (depth != NameDepth::kNothing) pause();
    ModuleNames names = some_names();
    names.code[0].locations[0].function = "lib.so+0x1";
    return names;
  };
  int questions = 0;
  const ModuleNames names = name_contained("/lib.so", work, read, [&] { return ++questions < 3; });
  EXPECT_EQ(questions, 3);
  EXPECT_EQ(names.code[0].locations[0].function, "lib.so+0x1");
  EXPECT_EQ(names.unusable, "") << "what the user skipped is no failure of the file";
}

TEST(ContainedNames, ThatAnswerAnotherQuestionAreNotUsed) {
  ResolvedFrame place;
  ModuleWork work;
  work.code.push_back({.address = 0x1234, .result = &place});
  auto read = [&](NameDepth depth) {
    ModuleNames names = some_names();
    if (depth == NameDepth::kDebugInfo) names.code.clear();
    return names;
  };
  EXPECT_THAT(name_contained("/lib.so", work, read, always).unusable, HasSubstr("gave no sense"));
}

}  // namespace
}  // namespace quarrel
