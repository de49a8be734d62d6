// Is one entity called the same by libclang, by DWARF and by the demangler?
#include "model/plain_name.h"

#include <gtest/gtest.h>

#include "resolve/names.h"

namespace quarrel {
namespace {

TEST(PlainName, LeavesOutUnnamedNamespaces) {
  EXPECT_EQ(plain_name("app::(anonymous namespace)::Counters"), "app::Counters");
  EXPECT_EQ(plain_name("std::vector<(anonymous namespace)::Slot>"), "std::vector<Slot>");
}

TEST(PlainName, CallsEveryLambdaTheSame) {
  for (const char* name :
       {"main::{lambda(int, void (*)(char))#2}::operator()", "main::<lambda()>::operator()",
        "main::{unnamed}::operator()", "main::(lambda)::operator()", "main::(lambda)"})
    EXPECT_EQ(plain_name(name), "main::(lambda)") << name;
}

TEST(PlainName, LeavesDamagedNamesAlone) {
  EXPECT_EQ(plain_name("f::{lambda(int"), "f::{lambda(int");
  EXPECT_EQ(plain_name(""), "");
}

TEST(FunctionName, HasNoUnnamedNamespace) {
  EXPECT_EQ(function_name("_ZN12_GLOBAL__N_110run_clientEi"), "run_client");
  EXPECT_EQ(function_name("_ZZ4mainENKUlvE_clEv"), "main::(lambda)");
}

}  // namespace
}  // namespace quarrel
