// Which calls led to a captured thread, without frame pointers?
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/recording.h"
#include "model/unwind_table.h"

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

/// By which way stacks were unwound.
struct UnwindCounts {
  uint64_t stacks = 0;
  uint64_t not_by_rows = 0;  ///< some frame has a rule that only libdw can follow
  uint64_t compared = 0;     ///< unwound both ways
  uint64_t different = 0;    ///< of them: libdw's was taken
};

/// Unwinds captured stacks by the .eh_frame tables of the mapped files; the target itself is not
/// read, stopped or traced. The fast way is a table of rows (RowUnwinder), the slow one libdw
/// (CallFrameWalker): for rules that rows do not have, and for one stack in 1,000 to compare.
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

  const UnwindCounts& counts() const;

  /// By which the rows of every executable mapping are found, for an unwinder in the kernel.
  std::vector<MappedUnwindTable> tables();

  /// Each way for itself, for tests; neither counts.
  std::optional<Unwound> unwind_by_rows(const Capture& capture) const;
  Unwound unwind_by_libdw(const Capture& capture);

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
