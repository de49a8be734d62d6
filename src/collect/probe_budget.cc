// For how long may probes stand, so that they cost the target no more than agreed?
#include "collect/probe_budget.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr uint64_t kMillion = 1'000'000;

int64_t share_of(uint64_t cpu_ns, uint64_t ppm) {
  return static_cast<int64_t>(cpu_ns / kMillion * ppm + cpu_ns % kMillion * ppm / kMillion);
}

}  // namespace

ProbeBudget::ProbeBudget(uint64_t max_overhead_ppm, uint64_t saved_cpu_ns)
    : max_overhead_ppm_(max_overhead_ppm),
      saved_ns_(share_of(saved_cpu_ns, max_overhead_ppm)),
      left_ns_(saved_ns_) {}

void ProbeBudget::pass(uint64_t cpu_ns, uint64_t probing_ns, uint64_t observed_ns) {
  const auto cost_ns = static_cast<int64_t>(probing_ns);
  spent_ns_ += cost_ns;
  // Probes that stood for long at a low rate need not be paid for again in one sum.
  if (observed_ns > 0)
    price_ns_ = static_cast<int64_t>(4.0 * static_cast<double>(probing_ns) * kWindowNs /
                                     static_cast<double>(observed_ns));
  price_ns_ = std::min(price_ns_, spent_ns_);
  left_ns_ += share_of(cpu_ns, max_overhead_ppm_) - cost_ns;
  left_ns_ = std::min(left_ns_, std::max(saved_ns_, price_ns_));
}

}  // namespace quarrel
