// What did the run show of one lock: who waited, who held, where, and for how long?
#include "join/lock_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
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
  std::vector<const HolderTime*> holder_times;
  std::vector<const Blame*> blames;
  std::vector<const WakeStack*> wakes;
  std::vector<const WaitSlice*> slices;
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
  sort_in(recording.holder_times, index, rows, &LockRows::holder_times);
  sort_in(recording.blames, index, rows, &LockRows::blames);
  sort_in(recording.wake_stacks, index, rows, &LockRows::wakes);
  sort_in(recording.wait_slices, index, rows, &LockRows::slices);
  return rows;
}

void add_waits(const LockRows& rows, LockEvidence& evidence) {
  for (const LockWait* wait : rows.waits) {
    evidence.waits.count += wait->count;
    evidence.waits.total_ns += wait->total_ns;
    evidence.waits.max_ns = std::max(evidence.waits.max_ns, wait->max_ns);
    if (wait->waiter.is_valid()) evidence.waited_ns[wait->waiter] += wait->total_ns;
  }
  for (const LockStats* stats : rows.stats) {
    evidence.histogram.add(*stats);
    evidence.waits.not_blocked += stats->not_blocked;
    evidence.waits.timed_out += stats->timed_out;
    evidence.waits.wakes += stats->wakes;
    evidence.waits.wasted_wakes += stats->wasted_wakes;
    evidence.handoff_ns += stats->handoff_ns;
  }
}

void add_slices(const LockRows& rows, LockEvidence& evidence) {
  for (const WaitSlice* slice : rows.slices)
    evidence.waited_in_slice[slice->slice] += slice->wait_ns;
}

uint64_t& ns_of(HolderNs& sum, HolderState state) {
  switch (state) {
    case HolderState::kRunning:
      return sum.running;
    case HolderState::kRunnable:
      return sum.preempted;
    case HolderState::kBlocked:
      return sum.asleep;
    case HolderState::kWaitingForLock:
      return sum.waiting;
    case HolderState::kUnseen:
      break;
  }
  return sum.unseen;
}

void add_holders(const LockRows& rows, LockEvidence& evidence) {
  for (const HolderTime* time : rows.holder_times) {
    if (!time->holder.is_valid()) continue;
    ns_of(evidence.held_ns[time->holder], time->state) += time->waiter_ns;
    if (time->state == HolderState::kWaitingForLock)
      evidence.next_ns[{time->holder, time->next_address}] += time->waiter_ns;
  }
}

using HolderPlace = std::tuple<uint64_t, ThreadId, HolderState>;

/// How much of the exact time of a holder in a state one sampled nanosecond stands for.
std::map<HolderPlace, double> scale_of_samples(const LockRows& rows) {
  std::map<HolderPlace, double> exact, sampled;
  for (const HolderTime* time : rows.holder_times)
    exact[{time->address, time->holder, time->state}] += static_cast<double>(time->waiter_ns);
  for (const Blame* blame : rows.blames)
    sampled[{blame->address, blame->holder, blame->state}] += static_cast<double>(blame->waiter_ns);
  for (auto& [place, ns] : sampled) ns = ns > 0 ? exact[place] / ns : 0;
  return sampled;
}

void add_stacks(const LockRows& rows, LockEvidence& evidence) {
  for (const WaitStack* stack : rows.stacks) evidence.waiters.add(stack->stack, stack->weight_ns);
  const std::map<HolderPlace, double> scale = scale_of_samples(rows);
  for (const Blame* blame : rows.blames) {
    const double ns = static_cast<double>(blame->waiter_ns) *
                      scale.at({blame->address, blame->holder, blame->state});
    if (ns >= 1) evidence.holders.add(blame->stack, static_cast<uint64_t>(ns));
  }
  for (const WakeStack* wake : rows.wakes) evidence.wakers.add(wake->stack, wake->weight_ns);
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
  add_holders(rows, evidence);
  add_stacks(rows, evidence);
  add_slices(rows, evidence);
  evidence.locks.push_back(&lock);
  const uint64_t own_ns = evidence.waits.total_ns - before_ns;
  if (own_ns <= evidence.hottest_ns) return;
  evidence.hottest = &lock;
  evidence.hottest_ns = own_ns;
}

void finish_waits(LockEvidence& evidence) {
  Waits& waits = evidence.waits;
  // Accounts of holders close at other moments than waits do.
  waits.owner_known_ns = std::min(evidence.all_held_ns().total(), waits.total_ns);
  waits.kind = wait_kind_name(evidence.hottest->kind);
  waits.attributes = attribute_names(evidence.hottest->attributes);
  waits.p50_ns = evidence.histogram.quantile_ns(0.50, waits.max_ns);
  waits.p99_ns = evidence.histogram.quantile_ns(0.99, waits.max_ns);
}

}  // namespace

LockEvidence::LockEvidence(const Profile& profile, const LockIdentity& first, std::string identity)
    : hottest(&first),
      fingerprint(std::move(identity)),
      waiters(profile, "waiter"),
      holders(profile, "holder"),
      wakers(profile, "waker") {}

HolderNs LockEvidence::all_held_ns() const {
  HolderNs sum;
  for (const auto& [thread, ns] : held_ns) sum += ns;
  return sum;
}

std::vector<uint64_t> LockEvidence::words() const {
  std::vector<uint64_t> all;
  for (const LockIdentity* lock : locks)
    all.insert(all.end(), lock->words.begin(), lock->words.end());
  return all;
}

HolderNs& operator+=(HolderNs& sum, const HolderNs& more) {
  sum.running += more.running;
  sum.preempted += more.preempted;
  sum.asleep += more.asleep;
  sum.waiting += more.waiting;
  sum.unseen += more.unseen;
  return sum;
}

std::string lock_name(const LockIdentity& lock) {
  if (!lock.object.display.empty()) return lock.object.display;
  const uint64_t address = lock.words.empty() ? lock.object.address : lock.words.front();
  return fmt::format("{} at {:#x}", wait_kind_name(lock.kind), address);
}

std::string object_fingerprint(const std::string& rule, const DataObject& object,
                               const std::string& noun, const StackSum& waiters) {
  if (!object.record.empty()) return fingerprint_of(rule, object.record, {object.field});
  if (!object.variable.empty()) return fingerprint_of(rule, object.variable, {});
  // A bare ELF symbol still names a global; a bare address does not survive the process.
  if (object.source == NameSource::kSymbol && !object.display.empty())
    return fingerprint_of(rule, object.display, {});
  const auto lines = waiters.source_lines(1, "");
  return fingerprint_of(rule, "unnamed " + noun, {lines.empty() ? "" : lines.front().function});
}

std::string lock_fingerprint(const LockIdentity& lock, const StackSum& waiters) {
  return object_fingerprint("lock-contention", lock.object, wait_kind_name(lock.kind), waiters);
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
