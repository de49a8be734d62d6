// What do BPF programs cost?
#include "collect/program_cost.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/clock.h"

namespace quarrel {
namespace {

constexpr uint64_t kMeasureForNs = 20'000'000;
constexpr uint64_t kMeasureEveryNs = 1'000'000'000;

uint64_t run_time_ns(const std::vector<bpf_program*>& programs) {
  uint64_t total = 0;
  for (const bpf_program* program : programs) {
    bpf_prog_info info{};
    uint32_t bytes = sizeof(info);
    const int fd = bpf_program__fd(program);
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0) total += info.run_time_ns;
  }
  return total;
}

}  // namespace

void ProgramCost::start(std::vector<bpf_program*> programs) {
  programs_ = std::move(programs);
  started_ns_ = monotonic_ns();
  begin(started_ns_);
}

void ProgramCost::begin(uint64_t now_ns) {
  switch_ = Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  began_ns_ = now_ns;
  cost_at_begin_ns_ = run_time_ns(programs_);
}

void ProgramCost::poll() {
  if (programs_.empty()) return;
  const uint64_t now = monotonic_ns();
  if (!switch_.is_open()) {
    if (now - began_ns_ >= kMeasureEveryNs) begin(now);
    return;
  }
  if (now - began_ns_ < kMeasureForNs) return;
  measured_cost_ns_ += run_time_ns(programs_) - cost_at_begin_ns_;
  measured_ns_ += now - began_ns_;
  switch_ = Fd();
}

uint64_t ProgramCost::total_ns() const {
  const uint64_t now = monotonic_ns();
  uint64_t cost = measured_cost_ns_, time = measured_ns_;
  if (switch_.is_open()) {
    cost += run_time_ns(programs_) - cost_at_begin_ns_;
    time += now - began_ns_;
  }
  return time == 0 ? 0
                   : static_cast<uint64_t>(double(cost) / double(time) * double(now - started_ns_));
}

}  // namespace quarrel
