// Which small run and which small source do the queries of docs/file-format.md ask about?
#include <cstdio>
#include <string>

#include "store/store.h"

namespace quarrel {
namespace {

constexpr uint64_t kLimiterLock = 0x5581'c0de'2040;
constexpr uint64_t kQueueLock = 0x5581'c0de'3080;
constexpr uint64_t kCountersLine = 0x5581'c0de'4000;
constexpr uint64_t kTextStart = 0x5581'bee0'1000;
constexpr uint64_t kMs = 1'000'000;
constexpr FutexSignature kMutexWait{.operation = 0, .is_private = true, .value_class = 2};

enum ThreadIndex : uint32_t { kMain, kReader, kWriter };
enum StackIndex : uint32_t { kAcquire, kRefill };

Run run() {
  return {.tool_version = "0.1.0",
          .command = "rate_limiter",
          .pid = 4242,
          .host = {"6.1.0", "x86_64", "Example CPU", 4, 64},
          .start_ns = 1'000'000'000,
          .duration_ns = 10'000 * kMs,
          .stop_reason = StopReason::kDuration,
          .sample_period_ns = kMs};
}

void add_code(Recording& recording) {
  recording.modules = {{"/usr/bin/rate_limiter", "0123456789abcdef"}};
  recording.mappings = {{kTextStart, kTextStart + 0x4000, 0x1000, ModuleId{0}, true}};
  recording.threads = {{4242, 4242, "main", 1'000'000'000, 11'000'000'000},
                       {4243, 4243, "reader", 1'000'100'000, 11'000'000'000},
                       {4244, 4244, "writer", 1'000'200'000, 11'000'000'000}};
  recording.frames = {{FrameId{}, kTextStart + 0x110, true},
                      {FrameId{0}, kTextStart + 0x234, true},
                      {FrameId{1}, kTextStart + 0x358, true},
                      {FrameId{0}, kTextStart + 0x47c, false}};
  recording.stacks = {{FrameId{2}, StackStatus::kComplete}, {FrameId{3}, StackStatus::kComplete}};
}

void add_waits(Recording& recording) {
  const ThreadId reader{kReader};
  const ThreadId writer{kWriter};
  recording.lock_waits = {{kLimiterLock, kMutexWait, reader, writer, 1009, 3100 * kMs, 12 * kMs},
                          {kLimiterLock, kMutexWait, writer, reader, 503, 900 * kMs, 9 * kMs},
                          {kQueueLock, kMutexWait, reader, ThreadId{}, 23, 40 * kMs, 3 * kMs}};
  recording.long_waits = {
      {kLimiterLock, reader, writer, StackId{kAcquire}, 4'000'000'000, 12 * kMs}};
  const HolderState runs = HolderState::kRunning;
  recording.holder_times = {{kLimiterLock, reader, HolderState::kBlocked, 0, 880 * kMs},
                            {kLimiterLock, writer, runs, 0, 3000 * kMs}};
  recording.blames = {
      {kLimiterLock, reader, HolderState::kBlocked, StackId{kAcquire}, 44, 880 * kMs},
      {kLimiterLock, writer, runs, StackId{kRefill}, 2900, 2900 * kMs}};
}

void add_samples(Recording& recording) {
  const auto sample = [&](ThreadIndex thread, uint64_t offset, AccessKind kind) {
    recording.line_samples.push_back(
        {.thread = ThreadId{thread},
         .cpu = thread,
         .time_ns = 2'000'000'000 + recording.line_samples.size() * kMs,
         .ip = kTextStart + 0x47c,
         .accesses = {{kTextStart + 0x47c, kCountersLine + offset, 8, kind, true, 0, false}}});
  };
  for (int tick = 0; tick < 101; ++tick) sample(kReader, 0, AccessKind::kReadWrite);
  for (int tick = 0; tick < 23; ++tick) sample(kReader, 8, AccessKind::kRead);
  for (int tick = 0; tick < 97; ++tick) sample(kWriter, 8, AccessKind::kReadWrite);
  for (int tick = 0; tick < 7; ++tick) sample(kMain, 64, AccessKind::kWrite);
  recording.coverage = {{.collector = "line_samples",
                         .unit = "samples",
                         .state = CollectorState::kOn,
                         .seen = 230,
                         .attributed = 228,
                         .lost = {{"ring buffer full", 2}}}};
}

SourceFacts facts() {
  SourceFacts facts;
  facts.files = {"src/limiter.cc", "src/limiter.h"};
  facts.file_is_system = {false, false};
  facts.symbols = {"c:@S@Limiter@FI@tokens", "c:@S@Limiter@FI@name", "c:@S@Limiter@F@refill#",
                   "c:@S@Limiter@F@print#1"};
  const auto access = [&](uint32_t object, uint32_t function, uint32_t line, SourceAccess kind,
                          AccessForm form) {
    facts.accesses.push_back({.object = SymbolId{object},
                              .function = SymbolId{function},
                              .position = {FileId{0}, line, 5},
                              .access = kind,
                              .form = form});
  };
  access(0, 2, 31, SourceAccess::kReadModifyWrite, AccessForm::kBuiltin);
  access(0, 3, 44, SourceAccess::kRead, AccessForm::kPlain);
  access(1, 3, 45, SourceAccess::kRead, AccessForm::kPlain);
  facts.units = {{FileId{0}, UnitState::kComplete, ""}};
  return facts;
}

Result<void> write_files(const std::string& folder) {
  Recording recording;
  recording.run = run();
  add_code(recording);
  add_waits(recording);
  add_samples(recording);
  TRY(const auto writer, RecordingWriter::create(folder + "/run.quarrel", true));
  TRY_VOID(writer->checkpoint(recording));
  return write_facts(folder + "/facts.quarrel", facts(), true);
}

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto written = quarrel::write_files(argv[1]);
  if (!written.ok()) std::fprintf(stderr, "%s\n", written.error().message.c_str());
  return written.ok() ? 0 : 1;
}
