// Which frames, with which registers, stand on the stack of a captured thread?
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <unordered_map>
#include <vector>

#include "model/recording.h"
#include "resolve/dwarf_expression.h"
#include "resolve/modules.h"

namespace quarrel {

/// Deeper stacks end as kTruncatedByCopy.
inline constexpr size_t kMaxFrames = 256;

/// One frame. Registers are those at its pc, as far as the callees' unwind rows restore them.
struct CallFrame {
  uint64_t pc = 0;
  bool is_return_address = false;  ///< then the call stands at pc - 1
  FrameRegisters registers;
  uint64_t canonical_frame_address = 0;  ///< 0 if there is no unwind row for pc
};

struct CallFrames {
  std::vector<CallFrame> frames;  ///< innermost first
  StackStatus status = StackStatus::kFailed;
};

/// Eight, four, two or one byte of the copied stack; nothing outside of it.
std::optional<uint64_t> read_captured(const Capture& capture, uint64_t address, unsigned size);

/// Steps from frame to frame by the .eh_frame rows of the mapped files, and by nothing else: no
/// frame pointers and no return address search, so that a frame is either proved or not shown.
class CallFrameWalker {
 public:
  CallFrameWalker(const Recording& recording, std::string sysroot, int32_t pid);
  ~CallFrameWalker();

  CallFrames walk(const Capture& capture);
  void mappings_changed();

 private:
  struct FreeFrame {
    void operator()(Dwarf_Frame* frame) const;
  };
  struct EndCfi {
    void operator()(Dwarf_CFI* cfi) const { dwarf_cfi_end(cfi); }
  };
  struct Row {
    std::unique_ptr<Dwarf_Frame, FreeFrame> rules;  ///< null: no unwind information
    bool is_signal_frame = false;
  };
  enum class Step : uint8_t { kCaller, kOutermost, kNoRow, kOutsideCopy, kBroken };

  const Row& row_of(uint64_t lookup_pc);
  Dwarf_CFI* cfi_of(ModuleId module);
  Row read_row(uint64_t lookup_pc);
  Step step(const Capture& capture, CallFrame& frame, CallFrame& caller);

  static Step recover_pc(Dwarf_Frame* rules, const ExpressionContext& context, CallFrame& caller);

  const Recording& recording_;
  ModuleFiles files_;
  AddressMap addresses_;
  std::vector<std::unique_ptr<Dwarf_CFI, EndCfi>> cfi_;
  std::unordered_map<uint64_t, Row> rows_;
};

}  // namespace quarrel
