// What do our two unwinders say of every thread of tests/unwind/contexts.cc?
//
// walk_stacks PROGRAM            every thread waits: "pid PID", then per thread a line
//                                "NAME TID STATUS-BY-ROWS STATUS-BY-LIBDW" and two lines of pcs.
//                                Then waits for the end of its input, so that gdb can have a look.
// walk_stacks PROGRAM time       every thread waits: "frames N rows_ns N libdw_ns N", the mean of a
//                                stack by either unwinder.
// walk_stacks PROGRAM SAMPLES    every thread computes and is stopped at random: "samples N same N
//                                longer N ...", and three lines for each that differs.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include "resolve/fixture_process.h"
#include "resolve/unwinder.h"

namespace quarrel {
namespace {

using ThreadNames = std::map<pid_t, std::string>;

ThreadNames threads_of(const FixtureProcess& process) {
  ThreadNames threads;
  std::istringstream stream(process.lines());
  std::string name;
  pid_t tid = 0;
  while (stream >> name >> tid) threads[tid] = name;
  return threads;
}

const char* text_of(StackStatus status) {
  switch (status) {
    case StackStatus::kComplete:
      return "complete";
    case StackStatus::kTruncatedByCopy:
      return "truncated";
    case StackStatus::kNoUnwindInfo:
      return "no_unwind_info";
    case StackStatus::kFailed:
      return "failed";
    case StackStatus::kByFramePointer:
      return "by_frame_pointer";
  }
  return "unknown";
}

void print_calls(const Unwound& unwound) {
  for (const Unwound::Call& call : unwound.calls) std::printf("%lx ", call.pc);
  std::printf("\n");
}

bool same(const Unwound& a, const Unwound& b) {
  if (a.status != b.status || a.calls.size() != b.calls.size()) return false;
  for (size_t i = 0; i < a.calls.size(); ++i)
    if (a.calls[i].pc != b.calls[i].pc) return false;
  return true;
}

void show_waits(const FixtureProcess& process) {
  const Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // main goes on after "ready"
  std::printf("pid %d\n", process.pid());
  ThreadNames threads = threads_of(process);
  threads[process.pid()] = "main";
  for (const auto& [tid, name] : threads) {
    const Capture capture = process.capture(tid);
    const Unwound by_rows = unwinder.unwind_by_rows(capture).value_or(Unwound{});
    const Unwound by_libdw = unwinder.unwind_by_libdw(capture);
    std::printf("%s %d %s %s\n", name.c_str(), tid, text_of(by_rows.status),
                text_of(by_libdw.status));
    print_calls(by_rows);
    print_calls(by_libdw);
  }
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}

// libdw knows nothing about stubs of static programs, of which our rows say that they only jump.
bool goes_on(const Unwound& a, const Unwound& b) {
  return a.status == StackStatus::kComplete && b.status == StackStatus::kNoUnwindInfo &&
         std::equal(b.calls.begin(), b.calls.end(), a.calls.begin(),
                    [](const Unwound::Call& x, const Unwound::Call& y) { return x.pc == y.pc; });
}

template <class Unwind>
double mean_ns(const std::vector<Capture>& captures, int rounds, const Unwind& unwind) {
  for (const Capture& capture : captures) unwind(capture);
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round)
    for (const Capture& capture : captures) unwind(capture);
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / rounds / double(captures.size());
}

void show_times(const FixtureProcess& process) {
  const Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  std::vector<Capture> captures;
  size_t frames = 0;
  for (const auto& [tid, name] : threads_of(process)) {
    captures.push_back(process.capture(tid));
    frames += unwinder.unwind_by_libdw(captures.back()).calls.size();
  }
  const double rows = mean_ns(captures, 2000, [&](const Capture& capture) {
    return unwinder.unwind_by_rows(capture).has_value();
  });
  const double libdw = mean_ns(captures, 50, [&](const Capture& capture) {
    return unwinder.unwind_by_libdw(capture).calls.size();
  });
  std::printf("frames %.1f rows_ns %.0f libdw_ns %.0f\n", double(frames) / double(captures.size()),
              rows, libdw);
}

struct Counts {
  int samples = 0;
  int same = 0;
  int longer = 0;
  int complete = 0;
  int not_by_rows = 0;
};

void compare_once(const Capture& capture, const std::string& name, Unwinder& unwinder,
                  Counts& counts) {
  if (capture.bytes.empty()) return;
  ++counts.samples;
  const auto by_rows = unwinder.unwind_by_rows(capture);
  const Unwound by_libdw = unwinder.unwind_by_libdw(capture);
  const Unwound& taken = by_rows ? *by_rows : by_libdw;
  if (!by_rows) ++counts.not_by_rows;
  if (taken.status == StackStatus::kComplete) ++counts.complete;
  if (same(taken, by_libdw)) {
    ++counts.same;
    return;
  }
  if (goes_on(taken, by_libdw)) {
    ++counts.longer;
    return;
  }
  std::printf("different %s %s %s\n", name.c_str(), text_of(taken.status),
              text_of(by_libdw.status));
  print_calls(taken);
  print_calls(by_libdw);
}

void compare_samples(const FixtureProcess& process, int wanted) {
  const Recording recording = process.recording();
  Unwinder unwinder(recording, "", process.pid());
  const ThreadNames threads = threads_of(process);
  Counts counts;
  for (int rounds = 0; counts.samples < wanted && rounds < wanted; ++rounds) {
    for (const auto& [tid, name] : threads)
      compare_once(process.capture(tid), name, unwinder, counts);
    std::this_thread::sleep_for(std::chrono::microseconds(500 + rounds % 7 * 113));
  }
  std::printf("samples %d same %d longer %d complete %d not_by_rows %d\n", counts.samples,
              counts.same, counts.longer, counts.complete, counts.not_by_rows);
}

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool is_timed = argc > 2 && std::strcmp(argv[2], "time") == 0;
  const int samples = argc > 2 ? std::atoi(argv[2]) : 0;
  if (samples > 0) setenv("QUARREL_CONTEXTS", "compute", 1);
  const quarrel::FixtureProcess process(argv[1]);
  if (samples > 0)
    quarrel::compare_samples(process, samples);
  else if (is_timed)
    quarrel::show_times(process);
  else
    quarrel::show_waits(process);
  return 0;
}
