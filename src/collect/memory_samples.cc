// Which loads and stores of the target did the processor itself report, and who had the line?
//
// Intel PEBS and AMD IBS, by perf_event_open on every CPU; samples of other processes are passed
// over here. Not measured here for lack of a machine with such hardware: docs/limits.md.
#include <memory>
#include <utility>

#include "collect/availability.h"
#include "collect/clock.h"
#include "collect/collector.h"
#include "collect/coverage_row.h"
#include "collect/memory_events.h"
#include "collect/memory_ring.h"
#include "collect/perf_events.h"
#include "model/memory_source.h"

namespace quarrel {
namespace {

constexpr const char* kDevices = "/sys/bus/event_source/devices";
constexpr uint32_t kSamplesPerS = 1000;  // of each event and CPU
constexpr size_t kMaxSamples = 2'000'000;

/// Rings of one CPU. A CPU lacks the events of the other kind of cores of a hybrid.
Result<void> open_on(uint32_t cpu, const std::vector<MemoryEventSpec>& events,
                     std::vector<MemoryRing>& rings) {
  std::vector<MemoryRing> opened;
  std::optional<Error> failed;
  for (const MemoryEventSpec& event : events) {
    if (event.needs_leader && opened.empty()) continue;
    const int leader = event.needs_leader ? opened.back().fd() : -1;
    auto ring = MemoryRing::open(event, cpu, kSamplesPerS, leader);
    if (ring)
      opened.push_back(std::move(*ring));
    else
      failed = ring.error();
  }
  if (opened.empty() && failed) return *failed;
  for (MemoryRing& ring : opened) rings.push_back(std::move(ring));
  return {};
}

Result<std::vector<MemoryRing>> open_rings() {
  const PmuFacts facts = read_pmu_facts();
  if (const auto missing = missing_for_memory_samples(facts)) return Error{missing->reason};
  const auto events = memory_events_below(kDevices);
  std::vector<MemoryRing> rings;
  std::optional<Error> failed;
  for (const uint32_t cpu : online_cpus())
    if (auto opened = open_on(cpu, events, rings); !opened) failed = opened.error();
  if (rings.empty() && failed) return *failed;
  return rings;
}

class MemorySamples final : public Collector {
 public:
  Result<void> start(const CollectOptions&, CollectServices services) override {
    services_ = std::move(services);
    TRY(rings_, open_rings());
    checkpoint();
    return {};
  }
  void begin(uint64_t) override {
    for (const MemoryRing& ring : rings_) ring.enable();
  }
  void end(uint64_t) override {
    for (const MemoryRing& ring : rings_) ring.disable();
  }
  void poll() override {
    const uint64_t before = thread_cpu_ns();
    for (MemoryRing& ring : rings_) ring.drain([this](const RingRecord& record) { take(record); });
    own_cpu_ns_ += thread_cpu_ns() - before;
  }
  void stop() override {
    poll();
    rings_.clear();
    checkpoint();
  }
  void checkpoint() override {
    Coverage& row = coverage_row(*services_.recording, "memory_samples", "samples");
    row.state = CollectorState::kOn;
    row.seen = seen_ + lost_;
    row.attributed = services_.recording->memory_samples.size();
    row.unresolved = without_address_;
    row.own_cost_ns = own_cpu_ns_;
    row.lost.clear();
    add_loss(row, "perf's buffers were full (of all processes)", lost_);
    add_loss(row, "beyond 2 million samples", beyond_limit_);
  }

 private:
  void take(const RingRecord& record) {
    lost_ += record.lost;
    if (!record.sample || record.sample->pid != services_.target->pid) return;
    MemorySample sample = record.sample->sample;
    if (sample.event == MemoryEvent::kUnknown) return;  // of a leader that only enables others
    Recording& recording = *services_.recording;
    ++seen_;
    const bool is_access = is_load(sample.data_source) || is_store(sample.data_source);
    if (sample.address == 0 || !is_access) {
      ++without_address_;
    } else if (recording.memory_samples.size() >= kMaxSamples) {
      ++beyond_limit_;
    } else {
      sample.thread = services_.threads->of(record.sample->tid, sample.time_ns);
      recording.memory_samples.push_back(sample);
    }
  }

  CollectServices services_;
  std::vector<MemoryRing> rings_;
  uint64_t seen_ = 0;
  uint64_t lost_ = 0;
  uint64_t without_address_ = 0;
  uint64_t beyond_limit_ = 0;
  uint64_t own_cpu_ns_ = 0;
};

Availability probe() {
  if (const auto missing = missing_for_memory_samples(read_pmu_facts()))
    return {CollectorState::kOff, missing->reason, missing->fix};
  const auto rings = open_rings();
  if (!rings) return refused_by_kernel(rings.error());
  return {CollectorState::kOn, "", ""};
}

const Registration<CollectorInfo> kMemorySamples{
    {.name = "memory_samples",
     .summary = "loads and stores as the processor reports them, with HITM (PEBS, IBS)",
     .probe = probe,
     .create = [] { return std::unique_ptr<Collector>(std::make_unique<MemorySamples>()); },
     .is_often_missing = true}};

}  // namespace
}  // namespace quarrel
