// What did the run show of one lock: who waited, who held, where, and for how long?
#include "join/lock_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "model/fingerprint.h"
#include "model/wait_kind_name.h"

namespace quarrel {
namespace {

/// Index into Profile::locks by futex word.
using LockByWord = std::unordered_map<uint64_t, size_t>;

LockByWord index_words(const Profile& profile) {
  LockByWord index;
  for (size_t i = 0; i < profile.locks.size(); ++i)
    for (uint64_t word : profile.locks[i].words) index.emplace(word, i);
  return index;
}

/// The rows of each table that belong to one lock, so that each table is read once.
struct LockRows {
  std::vector<const LockWait*> waits;
  std::vector<const LockStats*> stats;
  std::vector<const WaitStack*> stacks;
  std::vector<const Blame*> blames;
};

template <class Row>
void sort_in(const std::vector<Row>& table, const LockByWord& index, std::vector<LockRows>& rows,
             std::vector<const Row*> LockRows::* member) {
  for (const Row& row : table)
    if (auto found = index.find(row.address); found != index.end())
      (rows[found->second].*member).push_back(&row);
}

std::vector<LockRows> rows_by_lock(const Profile& profile) {
  const Recording& recording = profile.recording;
  const LockByWord index = index_words(profile);
  std::vector<LockRows> rows(profile.locks.size());
  sort_in(recording.lock_waits, index, rows, &LockRows::waits);
  sort_in(recording.lock_stats, index, rows, &LockRows::stats);
  sort_in(recording.wait_stacks, index, rows, &LockRows::stacks);
  sort_in(recording.blames, index, rows, &LockRows::blames);
  return rows;
}

void add_waits(const LockRows& rows, LockEvidence& evidence) {
  for (const LockWait* wait : rows.waits) {
    evidence.waits.count += wait->count;
    evidence.waits.total_ns += wait->total_ns;
    evidence.waits.max_ns = std::max(evidence.waits.max_ns, wait->max_ns);
    evidence.waited_ns[wait->waiter] += wait->total_ns;
    if (!wait->owner.is_valid()) continue;
    evidence.waits.owner_known_ns += wait->total_ns;
    evidence.held_ns[wait->owner] += wait->total_ns;
  }
}

void add_stacks(const LockRows& rows, LockEvidence& evidence) {
  for (const WaitStack* stack : rows.stacks) evidence.waiters.add(stack->stack, stack->weight_ns);
  for (const Blame* blame : rows.blames) {
    evidence.holders.add(blame->stack, blame->waiter_ns);
    evidence.blamed_ns[blame->holder] += blame->waiter_ns;
  }
}

std::string fingerprint_with_stacks(const Profile& profile, const LockIdentity& lock,
                                    const LockRows& rows) {
  StackSum waiters(profile, "waiter");
  for (const WaitStack* stack : rows.stacks) waiters.add(stack->stack, stack->weight_ns);
  return lock_fingerprint(lock, waiters);
}

void add_object(const LockIdentity& lock, const LockRows& rows, LockEvidence& evidence) {
  const uint64_t before_ns = evidence.waits.total_ns;
  add_waits(rows, evidence);
  add_stacks(rows, evidence);
  for (const LockStats* stats : rows.stats) evidence.histogram.add(*stats);
  ++evidence.objects;
  const uint64_t own_ns = evidence.waits.total_ns - before_ns;
  if (own_ns <= evidence.hottest_ns) return;
  evidence.hottest = &lock;
  evidence.hottest_ns = own_ns;
}

void finish_waits(LockEvidence& evidence) {
  Waits& waits = evidence.waits;
  waits.kind = wait_kind_name(evidence.hottest->kind);
  waits.p50_ns = evidence.histogram.quantile_ns(0.50, waits.max_ns);
  waits.p99_ns = evidence.histogram.quantile_ns(0.99, waits.max_ns);
}

}  // namespace

LockEvidence::LockEvidence(const Profile& profile, const LockIdentity& first, std::string identity)
    : hottest(&first),
      fingerprint(std::move(identity)),
      waiters(profile, "waiter"),
      holders(profile, "holder") {}

std::string lock_name(const LockIdentity& lock) {
  if (!lock.object.display.empty()) return lock.object.display;
  const uint64_t address = lock.words.empty() ? lock.object.address : lock.words.front();
  return fmt::format("{} at {:#x}", wait_kind_name(lock.kind), address);
}

std::string lock_fingerprint(const LockIdentity& lock, const StackSum& waiters) {
  const DataObject& object = lock.object;
  if (!object.record.empty())
    return fingerprint_of("lock-contention", object.record, {object.field});
  if (!object.variable.empty()) return fingerprint_of("lock-contention", object.variable, {});
  // A bare ELF symbol still names a global; a bare address does not survive the process.
  if (object.source == NameSource::kSymbol && !object.display.empty())
    return fingerprint_of("lock-contention", object.display, {});
  const auto lines = waiters.source_lines(1, "");
  return fingerprint_of("lock-contention", "unnamed " + wait_kind_name(lock.kind),
                        {lines.empty() ? "" : lines.front().function});
}

std::vector<WaitSum> waits_by_lock(const Profile& profile) {
  const LockByWord index = index_words(profile);
  std::vector<WaitSum> sums(profile.locks.size());
  for (const LockWait& wait : profile.recording.lock_waits) {
    auto found = index.find(wait.address);
    if (found == index.end()) continue;
    sums[found->second].count += wait.count;
    sums[found->second].total_ns += wait.total_ns;
  }
  return sums;
}

std::vector<LockEvidence> contended_locks(const Profile& profile) {
  const std::vector<LockRows> rows = rows_by_lock(profile);
  std::vector<LockEvidence> all;
  std::unordered_map<std::string, size_t> by_fingerprint;
  for (size_t i = 0; i < profile.locks.size(); ++i) {
    const LockIdentity& lock = profile.locks[i];
    if (!is_contention(lock.kind) || rows[i].waits.empty()) continue;
    std::string fingerprint = fingerprint_with_stacks(profile, lock, rows[i]);
    auto [place, is_new] = by_fingerprint.emplace(fingerprint, all.size());
    if (is_new) all.emplace_back(profile, lock, std::move(fingerprint));
    add_object(lock, rows[i], all[place->second]);
  }
  for (LockEvidence& evidence : all) finish_waits(evidence);
  return all;
}

}  // namespace quarrel
