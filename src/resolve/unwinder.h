// Which calls led to a captured thread, without frame pointers?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// The calls of one thread, innermost first.
struct Unwound {
  struct Call {
    uint64_t pc = 0;
    bool is_return_address = true;
  };
  std::vector<Call> calls;
  StackStatus status = StackStatus::kFailed;
};

/// Unwinds captured stacks by the .eh_frame tables of the mapped files (elfutils libdwfl, fed with
/// the copied bytes; the target itself is not read, stopped or traced).
class Unwinder {
 public:
  /// `recording` supplies modules and mappings and must outlive the unwinder; `sysroot` is put
  /// before module paths. `pid` is used to read the vDSO only (0: not available).
  Unwinder(const Recording& recording, std::string sysroot, int32_t pid);
  ~Unwinder();
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;

  Unwound unwind(const Capture& capture);

  /// To be called after Recording::mappings changed.
  void mappings_changed();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Adds the calls to the frame tree and the stack list of `recording`; equal stacks share an id.
class StackTable {
 public:
  explicit StackTable(Recording& recording);
  ~StackTable();
  StackId add(const Unwound& unwound);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quarrel
