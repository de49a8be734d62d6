// Which threads run a function, and which locks do they hold there?
#include <gtest/gtest.h>

#include "checks/lock_context.h"
#include "checks/operations.h"
#include "checks/roles.h"
#include "facts_builder.h"

namespace quarrel {
namespace {

struct Program : FactsBuilder {
  SymbolId main = function("main");
  SymbolId worker = function("worker");
  SymbolId deep = function("deep");
  SymbolId lone = function("lone");

  Program() { call(worker, deep); }
  Overlap overlap(SymbolId one, SymbolId other) const {
    const FactIndex index(facts);
    return ThreadRoles(index).overlap(one, other);
  }
};

TEST(ThreadRoles, OneThreadNeverOverlapsItself) {
  Program program;
  program.start(program.worker, program.main);
  EXPECT_EQ(program.overlap(program.worker, program.deep), Overlap::kNever);
}

TEST(ThreadRoles, ThreadsStartedInALoopOverlapEachOther) {
  Program program;
  program.start(program.worker, program.main, true);
  EXPECT_EQ(program.overlap(program.deep, program.deep), Overlap::kSameRole);
}

TEST(ThreadRoles, StartingAThreadIsNoCall) {
  Program program;
  program.start(program.worker, program.main);
  program.call(program.main, program.worker);
  EXPECT_EQ(program.overlap(program.main, program.deep), Overlap::kDifferentRoles);
}

TEST(ThreadRoles, AFunctionThatNothingReachesHasNoKnownRole) {
  Program program;
  program.start(program.worker, program.main);
  EXPECT_EQ(program.overlap(program.lone, program.deep), Overlap::kUnknown);
}

TEST(ThreadRoles, LoopsReachThroughCalls) {
  Program program;
  program.call(program.main, program.worker, 1);
  const FactIndex index(program.facts);
  EXPECT_TRUE(ThreadRoles(index).is_called_in_loop(program.deep));
  EXPECT_FALSE(ThreadRoles(index).is_called_in_loop(program.lone));
}

TEST(ThreadRoles, WhatMainDoesAheadOfTheFirstThreadIsOutsideThreads) {
  Program program;
  const SymbolId value = program.global("value");
  program.call(program.main, program.lone);
  program.plain_write(value, program.lone);
  const SymbolId start_all = program.function("start_all");
  program.start(program.worker, start_all);
  program.call(program.main, start_all);
  const FactIndex index(program.facts);
  EXPECT_TRUE(ThreadRoles(index).is_outside_threads(program.facts.accesses[0]));
}

TEST(ThreadRoles, WhatMainDoesAfterAFunctionStartedThreadsIsBesideThem) {
  Program program;
  const SymbolId value = program.global("value");
  const SymbolId start_all = program.function("start_all");
  program.start(program.worker, start_all);
  program.call(program.main, start_all);
  program.call(program.main, program.lone);
  program.plain_write(value, program.lone);
  const FactIndex index(program.facts);
  EXPECT_FALSE(ThreadRoles(index).is_outside_threads(program.facts.accesses[0]));
}

TEST(LockContext, ALockThatEveryCallerHoldsIsHeld) {
  Program program;
  const SymbolId lock = program.global("mu", "std::mutex");
  const SymbolId value = program.global("value");
  program.lock_from_here(lock, program.lone);
  program.call(program.lone, program.worker);
  program.plain_add(value, program.deep);
  const FactIndex index(program.facts);
  EXPECT_EQ(LockContext(index).held_at(program.facts.accesses[0]), std::vector{lock});
}

TEST(LockContext, ALockThatOneCallerLacksIsNotHeld) {
  Program program;
  const SymbolId lock = program.global("mu", "std::mutex");
  const SymbolId value = program.global("value");
  program.call(program.main, program.worker);
  program.lock_from_here(lock, program.lone);
  program.call(program.lone, program.worker);
  program.plain_add(value, program.deep);
  const FactIndex index(program.facts);
  EXPECT_TRUE(LockContext(index).held_at(program.facts.accesses[0]).empty());
}

TEST(Operations, LeadFromOutsideThroughTheFunctionsOfOneClass) {
  FactsBuilder program;
  const SymbolId queue = program.record("Queue", 8);
  const SymbolId push = program.function("Queue::push", queue);
  const SymbolId step = program.function("Queue::step", queue);
  const SymbolId user = program.function("user");
  program.call(user, push);
  program.call(push, step);
  const FactIndex index(program.facts);
  EXPECT_EQ(operations_of(index, step), std::vector{push});
  EXPECT_EQ(operations_of(index, user), std::vector{user});
}

}  // namespace
}  // namespace quarrel
