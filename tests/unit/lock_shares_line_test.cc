// When does the check lock-shares-line speak, and when is it silent?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "facts_builder.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

std::vector<Finding> check(const FactsBuilder& program) {
  return run_checks(program.facts, {"lock-shares-line"});
}

struct Cache {
  FactsBuilder program;
  SymbolId lock;
  SymbolId size;
};

/// A mutex that two functions take, and a member at that offset.
Cache cache(uint64_t size_offset) {
  Cache cache;
  FactsBuilder& program = cache.program;
  const SymbolId record = program.record("Cache", 128, 64);
  cache.lock = program.field(record, "mu", 0, "std::mutex", 40);
  cache.size = program.field(record, "size", size_offset);
  program.lock_from_here(cache.lock, program.function("Cache::put", record));
  program.lock_from_here(cache.lock, program.function("Cache::drop", record));
  return cache;
}

TEST(LockSharesLine, NotesAMemberThatIsUsedWithoutTheLock) {
  Cache here = cache(40);
  here.program.atomic_add(here.size, here.program.function("Cache::lookup"));
  const auto findings = check(here.program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].level, Level::kNote);
  EXPECT_EQ(findings[0].fingerprint, fingerprint_of("lock-shares-line", "Cache", {"mu", "size"}));
}

TEST(LockSharesLine, IsSilentOnALineOfItsOwn) {
  Cache here = cache(64);
  here.program.atomic_add(here.size, here.program.function("Cache::lookup"));
  EXPECT_TRUE(check(here.program).empty());
}

TEST(LockSharesLine, IsSilentOnDataThatTheLockProtects) {
  Cache here = cache(40);
  here.program.plain_add(here.size, here.program.function("Cache::grow")).locks_held = {here.lock};
  here.program.plain_add(here.size, here.program.function("Cache::cut")).locks_held = {here.lock};
  here.program.plain_read(here.size, here.program.function("Cache::peek"), 1);
  EXPECT_TRUE(check(here.program).empty());
}

TEST(LockSharesLine, IsSilentOnWhatFunctionsReadThatTakeTheLock) {
  Cache here = cache(40);
  for (const SourceFunction& function : std::vector(here.program.facts.functions))
    here.program.plain_read(here.size, function.symbol);
  EXPECT_TRUE(check(here.program).empty());
}

TEST(LockSharesLine, NotesTwoLocksSideBySide) {
  FactsBuilder program;
  const SymbolId record = program.record("Queue", 128, 64);
  const SymbolId head = program.field(record, "head_mu", 0, "std::mutex", 40);
  const SymbolId tail = program.field(record, "tail_mu", 40, "std::mutex", 40);
  program.lock_from_here(head, program.function("Queue::pop", record));
  program.lock_from_here(tail, program.function("Queue::push", record));
  ASSERT_EQ(check(program).size(), 1u);
}

TEST(LockSharesLine, IsSilentOnTwoLocksThatAreTakenTogether) {
  FactsBuilder program;
  const SymbolId record = program.record("Queue", 128, 64);
  const SymbolId head = program.field(record, "head_mu", 0, "std::mutex", 40);
  const SymbolId tail = program.field(record, "tail_mu", 40, "std::mutex", 40);
  const SymbolId both = program.function("Queue::swap", record);
  program.lock_from_here(head, both);
  program.lock_from_here(tail, both);
  EXPECT_TRUE(check(program).empty());
}

TEST(LockSharesLine, NotesLockWordsThatAreDeclaredSideBySide) {
  FactsBuilder program;
  const SymbolId one = program.global("rq_lock");
  const SymbolId other = program.global("wq_lock");
  program.atomic_add(one, program.function("wakeup")).form = AccessForm::kBuiltin;
  program.atomic_add(other, program.function("schedule")).form = AccessForm::kBuiltin;
  const auto findings = check(program);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_NE(findings[0].message.find("wq_lock lies beside the lock rq_lock"), std::string::npos);
}

TEST(LockSharesLine, IsSilentOnAlignedGlobalLocks) {
  FactsBuilder program;
  const SymbolId one = program.global("rq_lock", "long", 64);
  const SymbolId other = program.global("wq_lock", "long", 64);
  program.atomic_add(one, program.function("wakeup")).form = AccessForm::kBuiltin;
  program.atomic_add(other, program.function("schedule")).form = AccessForm::kBuiltin;
  EXPECT_TRUE(check(program).empty());
}

}  // namespace
}  // namespace quarrel
