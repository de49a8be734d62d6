// What does a report format print for the sample runs of the unit tests?
//
// usage: render_sample (busy|quiet|hostile|many|uses|memory|scan) FORMAT
#include <cstdio>
#include <string>

#include "join/join.h"
#include "report/format.h"
#include "unit/sample_profile.h"

namespace quarrel {
namespace {

constexpr const char* kHostile = "</script><script>alert(1)</script>\"'&\x1b[31m\xff";

/// Every name that comes from the target tries to break out of its place.
Profile hostile_profile() {
  Profile profile = sample::busy_profile();
  profile.recording.run.command = kHostile;
  for (Thread& thread : profile.recording.threads) thread.name = kHostile;
  for (LockIdentity& lock : profile.locks)
    lock.object.record = lock.object.display = lock.object.type = kHostile;
  for (LineProfile& line : profile.lines)
    for (DataObject& object : line.objects)
      object.field = object.display = object.declared.file = kHostile + object.field;
  for (ResolvedFrame& frame : profile.frames)
    for (CodeLocation& place : frame.locations) place.function = place.file = kHostile;
  profile.coverage[1].reason = kHostile;
  return profile;
}

/// The counters are on the heap: one block, which some samples came too late for.
void put_on_heap(Profile& profile) {
  LineProfile& line = profile.lines.front();
  uint64_t time_ns = 0;
  for (const uint32_t index : line.charged) {
    LineSample& sample = profile.recording.line_samples[index];
    sample.time_ns = ++time_ns;
    sample.accesses = {{.instruction = 0x401000, .address = line.address, .size = 8}};
  }
  const FrameId caller = sample::add_frame(
      profile, {}, {sample::at("src/server.cc", 41, "Server::make_counters()")}, ModuleId{0});
  const FrameId inner = sample::add_frame(
      profile, caller, {sample::at("./malloc/malloc.c", 3300, "malloc")}, ModuleId{1});
  profile.recording.heap_blocks = {{.address = line.address - 16,
                                    .bytes = 72,
                                    .thread = ThreadId{0},
                                    .stack = sample::add_stack(profile, inner),
                                    .allocated_ns = 1,
                                    .seen_until_ns = time_ns * 9 / 10}};
}

/// A run with lock_holds, of more locks than are shown, with watchpoints and allocations.
Profile uses_profile() {
  Profile profile = sample::busy_profile();
  profile.recording.watched_bytes = {{sample::kLineAddress, 8, 2, 200'000'000}};
  for (LineAccess& access : profile.lines[0].accesses) access.hits = 20;
  put_on_heap(profile);
  profile.recording.hold_probing = {{700, 300, 123'456, 1'900'000'000, 3, 3'000'000'000, 20'000}};
  for (uint64_t i = 0; i < 23; ++i) {
    const uint64_t time_ns = 900'000'000 / (i + 1);
    LockHold hold{.address = 0x700000 + i * 64, .acquisitions = 1000 - i, .holds = 990 - i};
    hold.total_ns = time_ns;
    hold.max_ns = time_ns / 10;
    hold.histogram.assign(WaitHistogramShape::kBuckets, 0);
    hold.histogram[30] = hold.holds;
    profile.recording.lock_holds.push_back(hold);
    DataObject lock;
    lock.display = i == 0 ? "Table<int|long>::mu_" : "Shard::mu_" + std::to_string(i);
    profile.held_locks.push_back(lock);
  }
  return profile;
}

/// Of the line only what the processor itself reported, no timer samples.
Profile memory_profile() {
  Profile profile = sample::busy_profile();
  profile.recording.line_samples.clear();
  MemoryLine memory{.address = sample::kLineAddress, .threads = 2};
  for (LineProfile& line : profile.lines) {
    line.samples = line.co_active_samples = 0;
    line.charged.clear();
    for (LineAccess& access : line.accesses) {
      access.memory = {.samples = 101, .loads = 78, .stores = 23, .local_hitm = 23};
      access.touches = 101;
      access.samples = 0;
      add_counts(access.memory, memory.counts);
    }
    memory.object = line.objects.front();
  }
  memory.transfers = 10;
  memory.transfer_cycles = 2110;
  profile.memory_lines = {memory};
  return profile;
}

/// More locks than a text report shows in full.
Profile many_profile() {
  Profile profile = sample::busy_profile();
  for (uint64_t i = 0; i < 40; ++i) {
    LockIdentity lock = profile.locks[0];
    lock.object.field = "mu_" + std::to_string(i);
    lock.object.display = "Shard::" + lock.object.field;
    lock.object.record = "Shard";
    lock.object.address = 0x900000 + i * 64;
    lock.words = {lock.object.address};
    profile.locks.push_back(lock);
    sample::add_wait(profile.recording, lock.words[0], 1, ThreadId{0}, 50, 90'000'000 / (i + 1));
  }
  return profile;
}

Diagnosis diagnose_scan() {
  SourceFacts facts;
  facts.units = {{FileId{0}, UnitState::kComplete, ""}, {FileId{1}, UnitState::kTimedOut, ""}};
  Finding finding;
  finding.rule = "false-sharing";
  finding.fingerprint = fingerprint_of("false-sharing", "Queue", {"head", "tail"});
  finding.message = "Queue::head and Queue::tail share a cache line";
  finding.reason = "no run has shown the harm";
  finding.subject = {SubjectKind::kSource, "Queue", "Queue", {{"head", 0, 8}, {"tail", 8, 8}}, {}};
  finding.locations = {{"src/queue.h", 9, 23, "", "field", "tail is declared here"},
                       {"src/queue.cc", 20, 3, "Queue::push", "writer", "push writes tail"}};
  return join_static(facts, {finding});
}

Diagnosis diagnose(const std::string& name) {
  const std::vector<Finding> none;
  if (name == "scan") return diagnose_scan();
  if (name == "quiet") return join({sample::quiet_profile(), nullptr, none});
  if (name == "hostile") return join({hostile_profile(), nullptr, none});
  if (name == "uses") return join({uses_profile(), nullptr, none});
  if (name == "memory") return join({memory_profile(), nullptr, none});
  if (name == "many") return join({many_profile(), nullptr, none});
  return join({sample::busy_profile(), nullptr, none});
}

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  using namespace quarrel;
  const Format* format = argc == 3 ? FormatRegistry::find(argv[2]) : nullptr;
  if (format == nullptr) {
    std::fprintf(stderr, "usage: render_sample (busy|quiet|hostile|many|uses|scan) FORMAT\n");
    return 2;
  }
  const std::string text = format->render(diagnose(argv[1]), {});
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 2;
}
