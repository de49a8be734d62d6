// Does a printed stack show the user's frames, and is nothing cut without a word?
#include "report/stack_lines.h"

#include <gtest/gtest.h>

#include "join/stacks.h"
#include "report/source_root.h"
#include "report/text_layout.h"
#include "unit/sample_profile.h"

namespace quarrel {
namespace {

FindingFrame user(const std::string& name) {
  return {name, "/src/app/" + name + ".cc", 7, "app", false};
}

FindingFrame library(const std::string& name) {
  return {name, "/usr/include/c++/12/x.h", 9, "app", true};
}

std::vector<std::string> functions_of(const std::vector<StackLine>& lines) {
  std::vector<std::string> functions;
  for (const StackLine& line : lines) functions.push_back(line.function);
  return functions;
}

TEST(StackLines, KeepUserFramesAndTheThreadStart) {
  const FindingStack stack{"holder",
                           1,
                           true,
                           {library("std::__introsort_loop"), library("std::sort"), user("work"),
                            library("std::invoke"), library("std::thread::run"), library("clone3")},
                           37};
  EXPECT_EQ(functions_of(stack_lines(stack, 8)),
            (std::vector<std::string>{"in std::sort ... (37 stacks)", "work",
                                      "... 2 library frames ...", "clone3"}));
}

TEST(StackLines, SayHowManyFramesAreLeftOut) {
  FindingStack stack{"waiter", 1, true, {}};
  for (int i = 0; i < 20; ++i) stack.frames.push_back(user("f" + std::to_string(i)));
  const auto lines = functions_of(stack_lines(stack, 8));
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[6], "... 13 more frames ...");
  EXPECT_EQ(lines[7], "f19");
}

TEST(StackSum, AddsUpStacksThatDifferOnlyWithinTheLibrary) {
  Profile profile = sample::quiet_profile();
  const FrameId start =
      sample::add_frame(profile, {}, {sample::at("src/a.cc", 1, "work")}, ModuleId{0});
  FrameId inner = start;
  StackSum sum(profile, "holder");
  for (uint64_t depth = 0; depth < 5; ++depth) {
    inner = sample::add_frame(profile, inner,
                              {sample::at("/usr/include/c++/12/bits/stl_algo.h", 9, "std::__loop")},
                              ModuleId{0});
    sum.add(sample::add_stack(profile, inner), 10 + depth);
  }
  const auto stacks = sum.heaviest(3);
  ASSERT_EQ(stacks.size(), 1u);
  EXPECT_EQ(stacks[0].members, 5u);
  EXPECT_DOUBLE_EQ(stacks[0].share, 1);
  EXPECT_EQ(stacks[0].frames.size(), 6u);
}

Diagnosis diagnosis_in(const std::vector<std::string>& files) {
  Diagnosis diagnosis;
  Finding& finding = diagnosis.findings.emplace_back();
  for (const std::string& file : files) finding.locations.push_back({file, 1, 1, "", "field", ""});
  return diagnosis;
}

TEST(SourceRoot, IsTheCommonDirectory) {
  EXPECT_EQ(source_root(diagnosis_in({"/w/app/src/a.cc", "/w/app/include/b.h"})), "/w/app");
  EXPECT_EQ(source_root(diagnosis_in({"/w/app/src/a.cc"})), "/w/app/src");
  EXPECT_EQ(source_root(diagnosis_in({"/w/a.cc", "/x/a.cc"})), "");
  EXPECT_EQ(source_root(diagnosis_in({"a.cc"})), "");
}

TEST(SourceRoot, IsTheProjectWhereTheFactsKnowIt) {
  const Diagnosis diagnosis = diagnosis_in({"src/a.cc", "/w/app/src/a.cc", "/w/app/src/b.cc"});
  EXPECT_EQ(source_root(diagnosis), "/w/app");
  EXPECT_EQ(relative_to("/w/app", diagnosis).findings[0].locations[2].file, "src/b.cc");
}

TEST(TextLayout, KeepsTheFileOfAPathAndTheLastNameOfAFunction) {
  EXPECT_EQ(shorten_path("/home/samples/padded_pair/padded_pair.cc:37", 34),
            ".../padded_pair/padded_pair.cc:37");
  EXPECT_EQ(shorten_function("std::map<std::string, std::vector<int>>::find", 20),
            "std::map<...>::find");
  EXPECT_EQ(shorten_function("a_very_long_namespace::and_class::last", 12), "...ass::last");
}

TEST(TextTable, PutsNotesOnTheirOwnLinesInsteadOfCuttingThem) {
  TextTable table({{"source", TextTable::Kind::kPath}, {"note", TextTable::Kind::kNote}});
  table.add({"a.cc:1", std::string(95, 'n')});
  EXPECT_EQ(table.render(0), "source\na.cc:1\n    " + std::string(95, 'n') + "\n");
}

}  // namespace
}  // namespace quarrel
