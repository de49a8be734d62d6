// Does a compiler's command line keep what changes the parse, and lose all that could break it?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "extract/compile_database.h"

namespace quarrel {
namespace {

using testing::Contains;
using testing::ElementsAreArray;
using testing::Not;

/// Without what is added for every unit.
std::vector<std::string> kept(const std::string& command) {
  std::vector<std::string> words = compiler_arguments(split_command(command));
  const auto own = std::find(words.begin(), words.end(), "-resource-dir");
  words.erase(own, words.end());
  return words;
}

TEST(CompilerArguments, MacrosPathsAndLanguageStay) {
  EXPECT_THAT(kept("g++ -DA=1 -D B -Iinc -I more -isystem sys -include x.h -std=c++17 -x c++ "
                   "-fno-exceptions -fopenmp -march=native -mno-sse4 -O2 -pthread"),
              ElementsAreArray({"clang++",
                                "-DA=1",
                                "-D",
                                "B",
                                "-Iinc",
                                "-I",
                                "more",
                                "-isystem",
                                "sys",
                                "-include",
                                "x.h",
                                "-std=c++17",
                                "-x",
                                "c++",
                                "-fno-exceptions",
                                "-D_OPENMP=201511",
                                "-march=native",
                                "-mno-sse4",
                                "-O2",
                                "-pthread"}));
}

TEST(CompilerArguments, OutputsWarningsAndWhatOnlyGccKnowsGo) {
  EXPECT_THAT(kept("gcc -c a.c -o a.o -MD -MF a.d -Werror -Wfatal-errors -g3 -flto=auto "
                   "-fvect-cost-model=very-cheap -flifetime-dse=1 -fno-canonical-system-headers "
                   "-mindirect-branch=thunk -mpreferred-stack-boundary=3 --param x=1 "
                   "-fplugin=evil.so -fmodules-ts -fprofile-use -Wl,-z,now -specs=a -pipe"),
              ElementsAreArray({"clang"}));
}

TEST(CompilerArguments, AnIncludeForTheInnerCommandLineStaysButNoPrecompiledHeader) {
  EXPECT_THAT(kept("clang++ -Xclang -include-pch -Xclang a.pch -Xclang -include -Xclang a.hxx "
                   "-Xclang -load -Xclang evil.so"),
              ElementsAreArray({"clang++", "-include", "a.hxx"}));
}

TEST(CompilerArguments, ALauncherIsNoCompiler) {
  EXPECT_THAT(kept("ccache /usr/bin/c++ -DX a.cc"), ElementsAreArray({"clang++", "-DX"}));
}

TEST(CompilerArguments, AnOptionWithoutItsValueGoes) {
  EXPECT_THAT(kept("gcc -DX -I"), ElementsAreArray({"clang", "-DX"}));
  EXPECT_THAT(kept("gcc -o"), ElementsAreArray({"clang"}));
  EXPECT_THAT(compiler_arguments({}), Not(Contains("-o")));
}

}  // namespace
}  // namespace quarrel
