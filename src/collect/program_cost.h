// What do BPF programs cost?
#pragma once

#include <cstdint>
#include <vector>

#include "base/fd.h"

struct bpf_program;

namespace quarrel {

/// CPU time of BPF programs, as the kernel measures it. Measuring adds some 75 ns to every run of
/// every program on the machine, often more than the program itself takes, so it is on in a small
/// part of the time only and what it finds is scaled up.
class ProgramCost {
 public:
  /// Begins with a measurement. The programs are loaded and outlive this.
  void start(std::vector<bpf_program*> programs);

  /// Call often; begins and ends measurements. Before start(), nothing happens.
  void poll();

  /// An estimate of all since start().
  uint64_t total_ns() const;

 private:
  void begin(uint64_t now_ns);

  std::vector<bpf_program*> programs_;
  Fd switch_;  // measuring, while it is open
  uint64_t started_ns_ = 0;
  uint64_t began_ns_ = 0;
  uint64_t cost_at_begin_ns_ = 0;
  uint64_t measured_ns_ = 0;  // of measurements that have ended
  uint64_t measured_cost_ns_ = 0;
};

}  // namespace quarrel
