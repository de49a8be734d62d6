// Do several threads really use one cache line: which bytes of it, by which instructions?
//
// Hardware watchpoints on lines that the samples suspect, for a few hits each. A hit holds up a
// thread for some 20 us on virtual machines, so that hits are counted against a budget; bytes that
// nobody uses cost nothing. Debug registers that a debugger has are left alone.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/check.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/proc_text.h"
#include "collect/thread_watch.h"

namespace quarrel {
namespace {

constexpr uint64_t kFirstLookNs = 500'000'000;
constexpr uint64_t kRoundNs = 200'000'000;
constexpr size_t kMaxThreads = 64;

/// Four slots of one line, on several threads at once.
struct Round {
  uint64_t line = 0;
  std::vector<WatchSlot> slots;
  std::vector<std::pair<ThreadId, ThreadWatch>> threads;
  uint64_t armed_at_ns = 0;
};

/// What is still to be watched.
struct Wish {
  uint64_t line = 0;
  std::vector<WatchSlot> slots;
  std::vector<ThreadId> threads;
};

/// The process that traces the target, or 0.
int32_t tracer_of(pid_t pid) {
  const auto status = read_text_file(fmt::format("/proc/{}/status", pid));
  return status ? last_number(status_field(*status, "TracerPid")).value_or(0) : 0;
}

class Watchpoints final : public Collector {
 public:
  Result<void> start(const CollectOptions& options, CollectServices services) override;
  void begin(uint64_t now_ns) override;
  void end(uint64_t) override { close_round(); }
  void poll() override;
  void stop() override { checkpoint(); }
  void checkpoint() override;

 private:
  void look_for_suspects();
  void open_round();
  std::vector<ThreadId> threads_for(const Wish& wish) const;
  void watch_threads(const Wish& wish, const std::vector<ThreadId>& threads);
  void take_hits();
  void take_hit(ThreadId thread, const WatchEvent& event);
  const std::optional<MemoryAccess>& access_before(uint64_t ip);
  bool is_round_over() const;
  void close_round();
  std::string account() const;

  CollectServices services_;
  WatchBudget budget_;
  std::vector<Wish> wishes_;    // the next one last
  std::set<WatchSlot> wished_;  // ever
  std::set<uint64_t> suspected_lines_, watched_lines_;
  std::optional<Round> round_;
  std::unordered_map<uint64_t, std::optional<MemoryAccess>> accesses_;  // by the ip behind
  std::map<std::tuple<WatchSlot, ThreadId, uint64_t>, WatchHit> hits_;
  std::map<WatchSlot, WatchedBytes> watched_;
  uint64_t began_at_ns_ = 0;
  uint64_t next_look_ns_ = 0;
  uint64_t decoded_ = 0;
  uint64_t lost_ = 0;
  uint64_t watched_ns_ = 0;
  uint64_t own_cpu_ns_ = 0;
  uint64_t taken_ = 0;    // threads whose debug registers something else has
  uint64_t refused_ = 0;  // that could not be watched for another reason, but live
  size_t left_out_ = 0;   // most that were beyond kMaxThreads in a round
  bool is_running_ = false;
  int32_t tracer_ = 0;
};

Result<void> Watchpoints::start(const CollectOptions& options, CollectServices services) {
  services_ = std::move(services);
  budget_.total_ns = static_cast<uint64_t>(std::chrono::nanoseconds(options.watch_budget).count());
  if (budget_.total_ns == 0) return {};
  TRY(budget_.hit_ns, time_own_watch_hit());
  return {};
}

void Watchpoints::begin(uint64_t now_ns) {
  began_at_ns_ = now_ns;
  next_look_ns_ = now_ns + kFirstLookNs;
  is_running_ = true;
}

void Watchpoints::poll() {
  if (!is_running_) return;
  const uint64_t cpu_before = thread_cpu_ns();
  if (round_) take_hits();
  if (round_ && is_round_over()) close_round();
  if (!round_ && !budget_.is_used_up() && monotonic_ns() >= next_look_ns_) look_for_suspects();
  if (!round_ && !wishes_.empty()) open_round();
  own_cpu_ns_ += thread_cpu_ns() - cpu_before;
}

/// At 0.5 s, 1 s, 2 s, ...: what is known so far changes ever less.
void Watchpoints::look_for_suspects() {
  const uint64_t now = monotonic_ns();
  next_look_ns_ = now + (now - began_at_ns_);
  std::vector<Wish> found;
  for (const WatchTarget& target : services_.watch_targets()) {
    suspected_lines_.insert(target.line);
    std::vector<WatchSlot> fresh;
    for (const WatchSlot& slot : slots_for(target.bytes))
      if (wished_.insert(slot).second) fresh.push_back(slot);
    for (size_t first = 0; first < fresh.size(); first += kWatchSlots) {
      const auto begin = fresh.begin() + static_cast<ptrdiff_t>(first);
      const size_t count = std::min(kWatchSlots, fresh.size() - first);
      found.push_back(
          {target.line, {begin, begin + static_cast<ptrdiff_t>(count)}, target.threads});
    }
  }
  wishes_.insert(wishes_.begin(), found.rbegin(), found.rend());
}

/// Those that were seen on the line first, then others: who does not use it costs nothing.
std::vector<ThreadId> Watchpoints::threads_for(const Wish& wish) const {
  std::vector<ThreadId> threads = wish.threads;
  const std::set<ThreadId> seen(threads.begin(), threads.end());
  for (uint32_t i = 0; i < services_.recording->threads.size() && threads.size() < kMaxThreads; ++i)
    if (!seen.contains(ThreadId{i})) threads.push_back(ThreadId{i});
  if (threads.size() > kMaxThreads) threads.resize(kMaxThreads);
  return threads;
}

void Watchpoints::open_round() {
  tracer_ = tracer_of(services_.target->pid);
  if (tracer_ != 0) return;
  const Wish& wish = wishes_.back();
  const uint64_t left = budget_.hits_left(monotonic_ns() - began_at_ns_);
  std::vector<ThreadId> threads = threads_for(wish);
  if (hits_for_each(left, wish.slots.size() * threads.size()) == 0) threads = wish.threads;
  if (hits_for_each(left, wish.slots.size() * threads.size()) == 0) return;
  watch_threads(wish, threads);
  const uint32_t hits = hits_for_each(left, wish.slots.size() * round_->threads.size());
  round_->armed_at_ns = monotonic_ns();
  for (auto& [thread, watch] : round_->threads) watch.arm(hits);
  wishes_.pop_back();
}

void Watchpoints::watch_threads(const Wish& wish, const std::vector<ThreadId>& threads) {
  left_out_ = std::max(left_out_, services_.recording->threads.size() - threads.size());
  round_.emplace(Round{.line = wish.line, .slots = wish.slots, .threads = {}, .armed_at_ns = 0});
  for (const ThreadId thread : threads) {
    ThreadWatch watch;
    const int error = watch.open(services_.recording->threads[thread.value].tid, wish.slots);
    if (error == 0) round_->threads.emplace_back(thread, std::move(watch));
    if (error == ENOSPC) ++taken_;
    if (error != 0 && error != ENOSPC && error != ESRCH) ++refused_;
  }
}

void Watchpoints::take_hits() {
  for (auto& [thread, watch] : round_->threads) {
    const uint64_t lost =
        watch.take([&, id = thread](const WatchEvent& hit) { take_hit(id, hit); });
    lost_ += lost;
    budget_.hits += lost;
  }
}

const std::optional<MemoryAccess>& Watchpoints::access_before(uint64_t ip) {
  const auto [entry, is_new] = accesses_.try_emplace(ip);
  if (is_new) entry->second = services_.access_before(ip);
  return entry->second;
}

void Watchpoints::take_hit(ThreadId thread, const WatchEvent& event) {
  ++budget_.hits;
  const auto& access = access_before(event.ip);
  if (access) ++decoded_;
  const uint64_t instruction = access ? access->instruction : 0;
  const auto slot =
      std::find_if(round_->slots.begin(), round_->slots.end(),
                   [&](const WatchSlot& one) { return one.address == event.address; });
  CHECK(slot != round_->slots.end());
  WatchHit& hit = hits_[{*slot, thread, instruction}];
  hit.address = slot->address;
  hit.size = slot->size;
  hit.thread = thread;
  hit.instruction = instruction;
  if (access) {
    hit.kind = access->kind;
    hit.is_locked = access->is_locked;
  }
  ++hit.hits;
  if (event.time_ns > round_->armed_at_ns)
    hit.span_ns = std::max(hit.span_ns, event.time_ns - round_->armed_at_ns);
}

bool Watchpoints::is_round_over() const {
  return monotonic_ns() - round_->armed_at_ns >= kRoundNs ||
         std::all_of(round_->threads.begin(), round_->threads.end(),
                     [](const auto& entry) { return entry.second.is_exhausted(); });
}

void Watchpoints::close_round() {
  if (!round_) return;
  take_hits();
  const uint64_t time_ns = monotonic_ns() - round_->armed_at_ns;
  watched_ns_ += time_ns;
  watched_lines_.insert(round_->line);
  for (const WatchSlot& slot : round_->slots) {
    WatchedBytes& row = watched_[slot];
    row = {slot.address, slot.size, std::max<uint64_t>(row.threads, round_->threads.size()),
           row.watched_ns + time_ns};
  }
  round_.reset();
}

/// One sentence: what was done, what it cost, what was left out.
std::string Watchpoints::account() const {
  if (budget_.total_ns == 0) return "not used: --watch-budget is 0";
  const double cost_ms = static_cast<double>(budget_.hits * budget_.hit_ns) / 1e6;
  std::string text = fmt::format(
      "{} of {} suspected lines were watched, for {:.0f} ms in all; hits held up the target's "
      "threads for {:.1f} ms of {:.0f} allowed ({:.0f} us each, measured on quarrel itself)",
      watched_lines_.size(), suspected_lines_.size(), static_cast<double>(watched_ns_) / 1e6,
      cost_ms, static_cast<double>(budget_.total_ns) / 1e6,
      static_cast<double>(budget_.hit_ns) / 1e3);
  if (!wishes_.empty())
    text += fmt::format("; {} groups of bytes were not watched", wishes_.size());
  if (tracer_ != 0)
    text +=
        fmt::format("; process {} traces the target: its debug registers are left alone", tracer_);
  if (refused_ > 0) text += fmt::format("; {} threads could not be watched", refused_);
  if (left_out_ > 0)
    text += fmt::format("; up to {} threads at a time were not watched", left_out_);
  if (taken_ > 0) text += fmt::format("; {} threads had no free debug register", taken_);
  return text;
}

void Watchpoints::checkpoint() {
  if (!is_running_) return;
  Recording& recording = *services_.recording;
  recording.watch_hits.clear();
  recording.watched_bytes.clear();
  for (const auto& [key, hit] : hits_) recording.watch_hits.push_back(hit);
  for (const auto& [slot, row] : watched_) recording.watched_bytes.push_back(row);
  Coverage& row = coverage_row(recording, "watchpoints", "hits of hardware watchpoints");
  row.state = CollectorState::kOn;
  row.reason = account();
  row.lost.clear();
  row.seen = budget_.hits;
  row.attributed = decoded_;
  row.unresolved = budget_.hits - decoded_ - lost_;
  add_loss(row, "buffer full", lost_);
  row.own_cost_ns = own_cpu_ns_;
  CHECK(coverage_holds(row));
}

Availability probe() {
  const auto cost = time_own_watch_hit();
  if (cost)
    return {CollectorState::kOn, fmt::format("a hit costs {:.0f} us here", double(*cost) / 1e3),
            ""};
  return {CollectorState::kOff, cost.error().message,
          "run as root or with CAP_PERFMON, on a CPU (or virtual machine) with debug registers"};
}

const Registration<CollectorInfo> kWatchpoints{
    {.name = "watchpoints",
     .summary = "which bytes of a shared cache line which thread really uses, by debug registers",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<Watchpoints>()); }}};

}  // namespace
}  // namespace quarrel
