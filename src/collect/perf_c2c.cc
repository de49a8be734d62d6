// Which of the samples that perf c2c recorded belong to this recording?
#include "collect/perf_c2c.h"

#include <fmt/core.h>

#include <memory>

#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/memory_events.h"
#include "collect/perf_child.h"
#include "model/address_space.h"

namespace quarrel {
namespace {

constexpr std::chrono::seconds kPatience{10};

/// Of the file's first process, whose addresses are its own.
bool is_of_first_process(const MemorySample& sample) {
  return (sample.address < kSpaceBytes || sample.address >= kKernelStart) &&
         (sample.ip < kSpaceBytes || sample.ip >= kKernelStart);
}

const Coverage* row_of(const Recording& recording, std::string_view name) {
  for (const Coverage& row : recording.coverage)
    if (row.collector == name) return &row;
  return nullptr;
}

/// Both the hardware and perf can be missing: a user wants to know at once.
Availability probe() {
  const auto missing = missing_for_memory_samples(read_pmu_facts());
  const bool has_perf = !find_program("perf").empty();
  if (!missing && has_perf) return {CollectorState::kOn, "", ""};
  Availability availability;
  if (missing) availability = {CollectorState::kOff, missing->reason, missing->fix};
  if (!has_perf) {
    availability.reason += missing ? "; and perf is not installed" : "perf is not installed";
    availability.fix += missing ? "; apt install linux-perf" : "apt install linux-perf";
  }
  return availability;
}

class PerfC2c final : public Collector {
 public:
  Result<void> start(const CollectOptions&, CollectServices services) override {
    services_ = std::move(services);
    if (const Availability here = probe(); here.state != CollectorState::kOn)
      return Error{here.reason};
    const Coverage* samples = row_of(*services_.recording, "memory_samples");
    if (samples != nullptr && samples->state == CollectorState::kOn)
      return Error{"memory_samples records the same: take one of the two"};
    return child_.start(perf_c2c_command(find_program("perf"), services_.target->pid));
  }
  void begin(uint64_t now_ns) override { span_.begin_ns = now_ns; }
  void end(uint64_t now_ns) override { span_.end_ns = now_ns; }
  void poll() override {}
  void checkpoint() override {}

  void stop() override {
    Recording& recording = *services_.recording;
    auto imported = import();
    if (!imported) {
      Coverage& row = coverage_row(recording, "perf_c2c", "samples");
      row.state = CollectorState::kOff;
      row.reason = imported.error().message;
      return;
    }
    const auto thread_of = [this](int32_t tid, uint64_t time_ns) {
      return services_.threads->of(tid, time_ns);
    };
    recording.coverage.push_back(
        take_perf_samples(*imported, services_.target->pid, span_, thread_of, recording));
  }

 private:
  Result<Recording> import() {
    TRY_VOID(child_.stop(kPatience));
    return services_.import_perf_data(child_.output());
  }

  CollectServices services_;
  PerfChild child_;
  TimeSpan span_;
};

const Registration<CollectorInfo> kPerfC2c{
    {.name = "perf_c2c",
     .summary = "perf c2c record beside the recording, and its samples (on request: --collectors)",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<PerfC2c>()); },
     .is_opt_in = true,
     .is_often_missing = true}};

}  // namespace

std::vector<std::string> perf_c2c_command(const std::string& perf, int32_t pid) {
  // "-k" would mean --all-kernel here; what c2c does not know goes on to perf record.
  return {perf,
          "c2c",
          "record",
          "--all-user",
          "-o",
          "@OUTPUT@",
          "--clockid=monotonic",
          "-p",
          fmt::format("{}", pid)};
}

Coverage take_perf_samples(const Recording& imported, int32_t pid, TimeSpan span,
                           const std::function<ThreadId(int32_t, uint64_t)>& thread_of,
                           Recording& recording) {
  Coverage row{.collector = "perf_c2c", .unit = "samples", .state = CollectorState::kOn};
  if (const Coverage* theirs = row_of(imported, "memory_samples")) row = *theirs;
  row.collector = "perf_c2c";
  row.attributed = 0;
  uint64_t others = 0;
  uint64_t out_of_time = 0;
  for (const MemorySample& theirs : imported.memory_samples) {
    const bool is_in_time = theirs.time_ns >= span.begin_ns && theirs.time_ns < span.end_ns;
    if (imported.run.pid != pid || !is_of_first_process(theirs)) {
      ++others;
    } else if (!is_in_time) {
      ++out_of_time;
    } else {
      MemorySample sample = theirs;
      sample.stack = {};  // its frames stay behind
      sample.thread = thread_of(imported.threads[theirs.thread.value].tid, theirs.time_ns);
      recording.memory_samples.push_back(sample);
      ++row.attributed;
    }
  }
  add_loss(row, "of other processes", others);
  add_loss(row, "before or after the recording", out_of_time);
  return row;
}

}  // namespace quarrel
