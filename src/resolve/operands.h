// Which memory did a sampled thread touch at, or just before, the sampled instruction?
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/recording.h"
#include "resolve/spin_loops.h"

namespace quarrel {

/// Decodes the function around a sample (x86-64, Zydis) and computes effective addresses from the
/// sampled registers, undoing what the instructions in between did to them.
class OperandDecoder {
 public:
  /// `recording` supplies modules and mappings and must outlive the decoder.
  OperandDecoder(const Recording& recording, std::string sysroot);
  ~OperandDecoder();
  OperandDecoder(const OperandDecoder&) = delete;
  OperandDecoder& operator=(const OperandDecoder&) = delete;

  /// Candidates, nearest first. Empty if the code is unknown or no address can be computed.
  std::vector<MemoryAccess> decode(const Capture& capture);

  /// The spin loop that the instruction at `ip` (in the target) belongs to, with addresses of the
  /// target; nothing if it belongs to none.
  std::optional<PollingLoop> spin_loop(uint64_t ip);

  /// What the instruction that ends at `ip` (in the target) does to memory: a watchpoint stops a
  /// thread behind the access. `address` is 0. Nothing if no instruction of the function around it
  /// ends there, or if it has accesses of several kinds.
  std::optional<MemoryAccess> access_before(uint64_t ip);

  /// To be called after Recording::mappings changed.
  void mappings_changed();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quarrel
