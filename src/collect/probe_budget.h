// For how long may probes stand, so that they cost the target no more than agreed?
#pragma once

#include <cstdint>

namespace quarrel {

/// Time that the target may lose to probes is earned as it runs and spent as they are hit. Probes
/// are taken away when nothing is left, and come back when a window of useful length is paid for.
class ProbeBudget {
 public:
  /// Shorter, and most holds would have no end.
  static constexpr uint64_t kWindowNs = 20'000'000;
  /// What a quiet target saves up is worth this much of its CPU time, no more; it starts with that,
  /// or nothing would ever be seen of it.
  static constexpr uint64_t kSavedCpuNs = 200'000'000;

  explicit ProbeBudget(uint64_t max_overhead_ppm, uint64_t saved_cpu_ns = kSavedCpuNs);

  /// Since the last call: the target used `cpu_ns`, of which probes took `probing_ns`; they stood
  /// for `observed_ns`.
  void pass(uint64_t cpu_ns, uint64_t probing_ns, uint64_t observed_ns);

  /// What remains; negative if the last look came late.
  int64_t left_ns() const { return left_ns_; }

  /// They must go.
  bool is_spent() const { return left_ns_ <= 0; }

  /// They may come back: what the last window cost has been earned again.
  bool affords_window() const { return left_ns_ > 0 && left_ns_ >= price_ns_; }

  /// They come back.
  void open_window() { spent_ns_ = 0; }

 private:
  uint64_t max_overhead_ppm_;
  int64_t saved_ns_;
  int64_t left_ns_;
  int64_t price_ns_ = 0;  // of a window
  int64_t spent_ns_ =
      0;  // in the present or last window, with putting them in and taking them away
};

}  // namespace quarrel
