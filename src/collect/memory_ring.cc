// How do samples of memory accesses come from the kernel to us?
#include "collect/memory_ring.h"

#include <fmt/core.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quarrel {
namespace {

constexpr size_t kDataPages = 64;  // some 2,500 samples
constexpr uint64_t kSampleType = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
                                 PERF_SAMPLE_ADDR | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD |
                                 PERF_SAMPLE_WEIGHT | PERF_SAMPLE_DATA_SRC;

/// The fields of kSampleType in the order in which the kernel writes them.
struct SampleBody {
  uint64_t ip;
  uint32_t pid;
  uint32_t tid;
  uint64_t time;
  uint64_t address;
  uint32_t cpu;
  uint32_t reserved;
  uint64_t period;
  uint64_t weight;
  uint64_t data_source;
};
static_assert(sizeof(SampleBody) == 64);

perf_event_attr attributes_of(const MemoryEventSpec& spec, uint32_t hz) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = spec.type;
  attributes.config = spec.config;
  attributes.config1 = spec.config1;
  attributes.sample_type = kSampleType;
  attributes.freq = 1;
  attributes.sample_freq = hz;
  attributes.precise_ip = spec.precise & 3u;
  attributes.exclude_kernel = spec.can_exclude_kernel ? 1 : 0;
  attributes.exclude_hv = spec.can_exclude_kernel ? 1 : 0;
  attributes.disabled = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  return attributes;
}

}  // namespace

RingRecord parse_ring_record(const PerfRecord& raw, MemoryEvent kind) {
  RingRecord record{.sample = {}, .lost = lost_in(raw)};
  if (raw.type != PERF_RECORD_SAMPLE || raw.body.size() < sizeof(SampleBody)) return record;
  SampleBody fields;
  std::memcpy(&fields, raw.body.data(), sizeof(fields));
  RingSample& found = record.sample.emplace();
  found.pid = static_cast<int32_t>(fields.pid);
  found.tid = static_cast<int32_t>(fields.tid);
  found.sample = {
      .cpu = fields.cpu,
      .time_ns = fields.time,
      .ip = fields.ip,
      .address = fields.address,
      .data_source = fields.data_source,
      .period = fields.period,
      .latency_cycles = static_cast<uint32_t>(std::min<uint64_t>(fields.weight, UINT32_MAX)),
      .event = kind,
      .is_kernel = (raw.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL};
  return record;
}

Result<MemoryRing> MemoryRing::open(const MemoryEventSpec& spec, uint32_t cpu, uint32_t hz,
                                    int leader) {
  perf_event_attr attributes = attributes_of(spec, hz);
  if (leader >= 0) attributes.disabled = 0;  // it counts whenever its leader does
  MemoryRing ring;
  ring.kind_ = spec.kind;
  ring.fd_ = Fd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1,
                                           static_cast<int>(cpu), leader, PERF_FLAG_FD_CLOEXEC)));
  if (!ring.fd_.is_open())
    return Error{
        fmt::format("perf_event_open({}) on CPU {}: {}", spec.name, cpu, std::strerror(errno))};
  if (const int error = ring.records_.map(ring.fd_.get(), kDataPages))
    return Error{fmt::format("mapping the buffer of {}: {} (kernel.perf_event_mlock_kb bounds it)",
                             spec.name, std::strerror(error))};
  return ring;
}

void MemoryRing::enable() const {
  ::ioctl(fd_.get(), PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

void MemoryRing::disable() const {
  ::ioctl(fd_.get(), PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
}

void MemoryRing::drain(const std::function<void(const RingRecord&)>& take) {
  records_.drain([&](const PerfRecord& record) { take(parse_ring_record(record, kind_)); });
}

}  // namespace quarrel
