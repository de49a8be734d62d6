// How is one thread of another process watched at some bytes?
#include "collect/thread_watch.h"

#include <fmt/format.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>

#include "collect/clock.h"

namespace quarrel {
namespace {

// All slots together have at most 80 hits of 32 bytes.
constexpr size_t kDataPages = 1;

/// PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR, behind the header.
struct SampleBody {
  uint64_t ip;
  uint64_t time_ns;
  uint64_t address;
};

Fd open_slot(int32_t tid, const WatchSlot& slot) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_BREAKPOINT;
  attributes.bp_type = HW_BREAKPOINT_RW;
  attributes.bp_addr = slot.address;
  attributes.bp_len = slot.size;
  attributes.sample_period = 1;
  attributes.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  return Fd(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, tid, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

int ThreadWatch::open(int32_t tid, std::span<const WatchSlot> slots) {
  for (const WatchSlot& slot : slots.first(std::min(slots.size(), kWatchSlots))) {
    Fd event = open_slot(tid, slot);
    if (!event.is_open()) return errno;
    slots_.push_back({std::move(event), slot.address});
  }
  return slots_.empty() ? EINVAL : map_buffer();
}

/// One buffer for all slots: that of the first.
int ThreadWatch::map_buffer() {
  const int first = slots_.front().event.get();
  if (const int error = records_.map(first, kDataPages)) return error;
  for (size_t i = 1; i < slots_.size(); ++i)
    if (::ioctl(slots_[i].event.get(), PERF_EVENT_IOC_SET_OUTPUT, first) != 0) return errno;
  return 0;
}

void ThreadWatch::arm(uint32_t hits_each) {
  hits_each_ = hits_each;
  for (const Slot& slot : slots_) ::ioctl(slot.event.get(), PERF_EVENT_IOC_REFRESH, hits_each);
}

uint64_t ThreadWatch::take(const std::function<void(const WatchEvent&)>& use) {
  uint64_t lost = 0;
  records_.drain([&](const PerfRecord& record) {
    lost += lost_in(record);
    SampleBody body;
    if (record.type != PERF_RECORD_SAMPLE || record.body.size() < sizeof(body)) return;
    std::memcpy(&body, record.body.data(), sizeof(body));
    for (Slot& slot : slots_) slot.hits += slot.address == body.address ? 1 : 0;
    use({body.ip, body.time_ns, body.address});
  });
  return lost;
}

bool ThreadWatch::is_exhausted() const {
  return std::all_of(slots_.begin(), slots_.end(),
                     [&](const Slot& slot) { return slot.hits >= hits_each_; });
}

Result<uint64_t> time_own_watch_hit() {
  constexpr int kRounds = 3;
  constexpr uint32_t kHits = 20;
  alignas(8) static volatile uint64_t watched = 0;
  const WatchSlot slot{reinterpret_cast<uint64_t>(&watched), 8};
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    ThreadWatch watch;
    if (const int error = watch.open(static_cast<int32_t>(::syscall(SYS_gettid)), {&slot, 1}))
      return Error{fmt::format("perf_event_open(hardware breakpoint): {}", std::strerror(error))};
    watch.arm(kHits);
    const uint64_t start_ns = monotonic_ns();
    for (uint32_t i = 0; i < kHits; ++i) watched = i;
    least = std::min(least, (monotonic_ns() - start_ns) / kHits);
    uint64_t hits = 0;
    watch.take([&](const WatchEvent&) { ++hits; });
    if (hits < kHits) return Error{"hardware breakpoints can be set here, but do not report hits"};
  }
  return least;
}

}  // namespace quarrel
