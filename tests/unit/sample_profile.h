// What does a small, realistic run look like to the join and the reports?
//
// Two workers hit Counters::a and Counters::b on one line; three workers wait for
// RateLimiter::mu_, which the first one holds longest; a fourth thread idles on a condition
// variable. The numbers are made up so that sums are easy to check by hand.
#pragma once

#include "model/fingerprint.h"
#include "model/profile.h"

namespace quarrel::sample {

inline constexpr uint64_t kMutexAddress = 0x601040;
inline constexpr uint64_t kCondvarAddress = 0x602000;
inline constexpr uint64_t kLineAddress = 0x603080;
inline constexpr uint64_t kDurationNs = 2'000'000'000;

inline CodeLocation at(std::string file, uint32_t line, std::string function) {
  return {std::move(file), line, 0, std::move(function)};
}

/// Adds a frame below `caller` and its name; frames and resolved frames stay parallel.
inline FrameId add_frame(Profile& profile, FrameId caller, std::vector<CodeLocation> locations,
                         ModuleId module) {
  const FrameId id{static_cast<uint32_t>(profile.frames.size())};
  profile.recording.frames.push_back({caller, 0x400000 + id.value * 16, true});
  profile.frames.push_back({std::move(locations), module, id.value * 16, true, true});
  return id;
}

inline StackId add_stack(Profile& profile, FrameId innermost) {
  const StackId id{static_cast<uint32_t>(profile.recording.stacks.size())};
  profile.recording.stacks.push_back({innermost, StackStatus::kComplete});
  return id;
}

inline void add_threads(Recording& recording) {
  for (int i = 0; i < 4; ++i)
    recording.threads.push_back(
        {4711 + i, 1 + i, i < 3 ? "worker-" + std::to_string(i) : "idler", 0, kDurationNs});
}

inline void add_wait(Recording& recording, uint64_t address, uint32_t waiter, ThreadId owner,
                     uint64_t count, uint64_t total_ns) {
  recording.lock_waits.push_back(
      {address, {}, ThreadId{waiter}, owner, count, total_ns, total_ns / count * 2});
}

inline void add_mutex(Profile& profile, FrameId start) {
  Recording& recording = profile.recording;
  const ModuleId program{0};
  const ModuleId libc{1};
  const FrameId acquire =
      add_frame(profile, start, {at("src/limiter.cc", 21, "RateLimiter::acquire()")}, program);
  const FrameId wait =
      add_frame(profile, acquire, {at("./nptl/lowlevellock.c", 49, "__lll_lock_wait")}, libc);
  const FrameId refill =
      add_frame(profile, acquire, {at("src/limiter.cc", 30, "RateLimiter::refill()")}, program);
  const StackId waiting = add_stack(profile, wait);
  const StackId holding = add_stack(profile, refill);
  add_wait(recording, kMutexAddress, 1, ThreadId{0}, 101, 300'000'000);
  add_wait(recording, kMutexAddress, 2, ThreadId{0}, 89, 200'000'000);
  add_wait(recording, kMutexAddress, 0, ThreadId{}, 11, 20'000'000);
  LockStats stats{.address = kMutexAddress};
  stats.histogram.assign(WaitHistogramShape::kBuckets, 0);
  stats.histogram[40] = 150;
  stats.histogram[48] = 51;
  stats.wakes = 210;
  stats.wasted_wakes = 9;
  stats.handoff_ns = 10'000'000;
  recording.lock_stats.push_back(stats);
  recording.wait_stacks.push_back(
      {kMutexAddress, {}, ThreadId{1}, ThreadId{0}, waiting, 30, 500'000'000, 4'000'000});
  const HolderState runs = HolderState::kRunning;
  recording.holder_times.push_back({kMutexAddress, ThreadId{0}, runs, 0, 490'000'000});
  recording.holder_times.push_back({kMutexAddress, ThreadId{}, runs, 0, 20'000'000});
  recording.blames.push_back({kMutexAddress, ThreadId{0}, runs, holding, 40, 400'000'000});
  LockIdentity lock;
  lock.kind = WaitKind::kMutex;
  lock.object = {NameSource::kGlobalVariable,
                 "g_limiter",
                 "RateLimiter",
                 "mu_",
                 "RateLimiter::mu_",
                 "std::mutex",
                 kMutexAddress,
                 40,
                 0,
                 at("src/limiter.h", 12, ""),
                 "by variable g_limiter"};
  lock.words = {kMutexAddress};
  profile.locks.push_back(lock);
}

inline void add_condvar(Profile& profile) {
  add_wait(profile.recording, kCondvarAddress, 3, ThreadId{}, 7, 1'900'000'000);
  LockIdentity condvar;
  condvar.kind = WaitKind::kCondvar;
  condvar.words = {kCondvarAddress};
  profile.locks.push_back(condvar);
}

inline DataObject counter(const std::string& field, uint64_t offset, uint32_t line) {
  return {NameSource::kGlobalVariable,
          "g_counters",
          "Counters",
          field,
          "Counters::" + field,
          "std::atomic<long>",
          kLineAddress + offset,
          8,
          offset,
          at("src/counters.h", line, ""),
          "by variable g_counters"};
}

/// Samples of one thread: `hits` of `total` at the line, with its peer on a CPU or without.
inline void add_samples(Profile& profile, LineProfile& line, uint32_t thread, bool with_peer,
                        uint32_t hits, uint32_t total) {
  std::vector<LineSample>& samples = profile.recording.line_samples;
  for (uint32_t i = 0; i < total; ++i) {
    if (i < hits) line.charged.push_back(static_cast<uint32_t>(samples.size()));
    LineSample sample;
    sample.thread = ThreadId{thread};
    if (with_peer) sample.peers = {ThreadId{1 - thread}};
    samples.push_back(std::move(sample));
  }
}

/// Accesses of two threads: to bytes 0..7 and 8..15, or both to bytes 0..7.
inline void add_line(Profile& profile, FrameId start, bool same_bytes) {
  const ModuleId program{0};
  LineProfile line;
  line.address = kLineAddress;
  for (uint32_t i = 0; i < 2; ++i) {
    const std::string function = i == 0 ? "count_a()" : "count_b()";
    const CodeLocation place = at("src/main.cc", 40 + i * 10, function);
    const FrameId frame = add_frame(profile, start, {place}, program);
    add_stack(profile, frame);
    line.accesses.push_back({.thread = ThreadId{i},
                             .offset = same_bytes ? 0 : i * 8,
                             .size = 8,
                             .kind = AccessKind::kReadWrite,
                             .is_locked = true,
                             .instruction = 0x401000 + i,
                             .samples = 300,
                             .touches = 20,
                             .location = place,
                             .callers = {{frame, 320, place}}});
    add_samples(profile, line, i, true, 280, 350);
    add_samples(profile, line, i, false, 20, 100);
  }
  line.objects = {counter("a", 0, 5)};
  if (!same_bytes) line.objects.push_back(counter("b", 8, 6));
  line.samples = 600;
  line.co_active_samples = 580;
  profile.lines.push_back(line);
}

inline void add_coverage(Profile& profile) {
  profile.coverage.push_back({"lock_waits",
                              "blocking waits",
                              CollectorState::kOn,
                              "",
                              210,
                              208,
                              0,
                              {{"ring buffer full", 2}},
                              1'000'000});
  profile.coverage.push_back({"line_samples",
                              "samples",
                              CollectorState::kDegraded,
                              "no hardware counters on this machine",
                              1000,
                              900,
                              100,
                              {},
                              0});
  profile.coverage.push_back({"watchpoints",
                              "hits",
                              CollectorState::kOff,
                              "not asked for; add --confirm",
                              0,
                              0,
                              0,
                              {},
                              0});
}

/// An empty run with threads and modules but nothing that went wrong in it.
inline Profile quiet_profile() {
  Profile profile;
  Recording& recording = profile.recording;
  recording.run = {
      "0.1.0",     "rate_limiter",        4711,     {"6.1.0", "x86_64", "made-up CPU", 2, 64}, 1000,
      kDurationNs, StopReason::kDuration, 1'000'000};
  recording.modules = {{"/opt/app/rate_limiter", "abcd"},
                       {"/lib/x86_64-linux-gnu/libc.so.6", "ef"}};
  add_threads(recording);
  add_coverage(profile);
  return profile;
}

/// The run described at the top of this file.
inline Profile busy_profile() {
  Profile profile = quiet_profile();
  const FrameId start = add_frame(profile, {}, {at("src/main.cc", 80, "worker(int)")}, ModuleId{0});
  add_mutex(profile, start);
  add_condvar(profile);
  add_line(profile, start, false);
  return profile;
}

}  // namespace quarrel::sample
