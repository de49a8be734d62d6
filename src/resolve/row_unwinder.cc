// Which calls does a copied stack prove, by one table search a frame?
#include "resolve/row_unwinder.h"

#include <algorithm>

#include "resolve/call_frames.h"
#include "resolve/module_unwind.h"
#include "resolve/unwind_rows.h"

namespace quarrel {
namespace {

constexpr uint64_t kStubMask = 15;  // of 16 bytes

/// What compilers at run time keep to, but not between the first instructions of a function.
constexpr UnwindRule kFramePointer{.cfa_base = CfaBase::kRegister,
                                   .cfa_register = kRbp,
                                   .return_address = SavedIn::kAtCfa,
                                   .rbp = SavedIn::kAtCfa,
                                   .rbx = SavedIn::kUnknown,
                                   .return_offset = -8,
                                   .rbp_offset = -16,
                                   .cfa_offset = 16};

enum class Step : uint8_t { kCaller, kOutermost, kNoRow, kOutsideCopy, kBroken, kNotByRows };

/// Of one frame: all registers in the innermost, three above.
class RowFrame {
 public:
  explicit RowFrame(const Capture& capture) : capture_(capture) {
    pc = capture.registers[kRip];
    for (uint64_t number = 0; number < kRegisterCount; ++number)
      registers_.set(number, capture.registers[number]);
  }

  uint64_t pc = 0;
  bool is_return_address = false;

  uint64_t lookup_pc() const { return pc - (is_return_address ? 1 : 0); }

  /// Makes this frame its caller; unless that succeeds, it is as before, but for
  /// is_return_address, which a signal frame has not.
  Step step(const UnwindRule& rule);

 private:
  Step find_cfa(const UnwindRule& rule, uint64_t& cfa) const;
  std::optional<uint64_t> place(SavedIn kind, int16_t offset, uint64_t cfa) const;
  Step recover(SavedIn kind, int16_t offset, uint64_t cfa, uint64_t& value) const;
  void follow(int number, SavedIn kind, int16_t offset, uint64_t cfa, FrameRegisters& caller) const;

  const Capture& capture_;
  FrameRegisters registers_;
};

Step RowFrame::find_cfa(const UnwindRule& rule, uint64_t& cfa) const {
  if (!registers_.is_known(rule.cfa_register)) return Step::kNotByRows;
  const uint64_t base = registers_.value[rule.cfa_register];
  const uint64_t sum = base + static_cast<uint64_t>(int64_t{rule.cfa_offset});
  switch (rule.cfa_base) {
    case CfaBase::kNoRow:
    case CfaBase::kOutermost:
    case CfaBase::kInexpressible:
      return Step::kNotByRows;
    case CfaBase::kRegister:
      cfa = sum;
      return Step::kCaller;
    case CfaBase::kLazyStub: {
      const auto pushed_at = static_cast<uint64_t>(rule.cfa_offset);
      cfa = base + 8 + ((pc & kStubMask) >= pushed_at ? 8 : 0);
      return Step::kCaller;
    }
    case CfaBase::kMemory:
    case CfaBase::kMemoryPlus8: {
      const auto word = read_captured(capture_, sum, 8);
      if (!word) return Step::kOutsideCopy;
      cfa = *word + (rule.cfa_base == CfaBase::kMemoryPlus8 ? 8 : 0);
      return Step::kCaller;
    }
  }
  return Step::kNotByRows;
}

/// Where in memory a register is saved; nullopt if it is not in memory.
std::optional<uint64_t> RowFrame::place(SavedIn kind, int16_t offset, uint64_t cfa) const {
  const auto distance = static_cast<uint64_t>(int64_t{offset});
  if (kind == SavedIn::kAtCfa) return cfa + distance;
  if (kind == SavedIn::kAtRsp) return registers_.value[kRsp] + distance;
  if (kind == SavedIn::kAtRbp && registers_.is_known(kRbp))
    return registers_.value[kRbp] + distance;
  return std::nullopt;
}

Step RowFrame::recover(SavedIn kind, int16_t offset, uint64_t cfa, uint64_t& value) const {
  if (kind == SavedIn::kInRegister && offset >= 0 && offset < kRegisterCount &&
      registers_.is_known(offset)) {
    value = registers_.value[offset];
    return Step::kCaller;
  }
  const auto address = place(kind, offset, cfa);
  if (!address) return Step::kNotByRows;
  const auto word = read_captured(capture_, *address, 8);
  if (!word) return Step::kOutsideCopy;
  value = *word;
  return Step::kCaller;
}

/// A register that is not found stays unknown: only a rule that needs it later misses it.
void RowFrame::follow(int number, SavedIn kind, int16_t offset, uint64_t cfa,
                      FrameRegisters& caller) const {
  uint64_t value = 0;
  if (kind == SavedIn::kUnchanged) {
    if (registers_.is_known(number)) caller.set(number, registers_.value[number]);
  } else if (recover(kind, offset, cfa, value) == Step::kCaller) {
    caller.set(number, value);
  }
}

Step RowFrame::step(const UnwindRule& rule) {
  if (rule.cfa_base == CfaBase::kNoRow) return Step::kNoRow;
  const bool is_signal = rule.is_signal_frame != 0;
  // A signal trampoline was not called: its pc is where the handler will return to.
  if (is_signal) is_return_address = false;
  if (rule.cfa_base == CfaBase::kOutermost) return Step::kOutermost;
  uint64_t cfa = 0;
  if (const Step step = find_cfa(rule, cfa); step != Step::kCaller) return step;
  uint64_t caller_pc = 0;
  const Step step = recover(rule.return_address, rule.return_offset, cfa, caller_pc);
  if (step != Step::kCaller) return step;
  if (caller_pc == 0) return Step::kNoRow;
  // Only a signal may have switched to another stack; otherwise callers live above callees.
  if (!is_signal && cfa <= registers_.value[kRsp]) return Step::kBroken;
  FrameRegisters caller;
  caller.set(kRsp, cfa);
  follow(kRbp, rule.rbp, rule.rbp_offset, cfa, caller);
  follow(kRbx, rule.rbx, rule.rbx_offset, cfa, caller);
  registers_ = caller;
  pc = caller_pc;
  is_return_address = !is_signal;
  return Step::kCaller;
}

StackStatus status_of(Step end) {
  switch (end) {
    case Step::kOutermost:
      return StackStatus::kComplete;
    case Step::kNoRow:
      return StackStatus::kNoUnwindInfo;
    case Step::kBroken:
    case Step::kNotByRows:
      return StackStatus::kFailed;
    case Step::kCaller:
    case Step::kOutsideCopy:
      return StackStatus::kTruncatedByCopy;
  }
  return StackStatus::kFailed;
}

}  // namespace

UnwindTables::UnwindTables(const Recording& recording, std::string sysroot, int32_t pid)
    : recording_(recording), files_(recording, std::move(sysroot), pid) {
  mappings_changed();
}

void UnwindTables::mappings_changed() {
  addresses_ = AddressMap(recording_, files_);
  for (const Mapping& mapping : recording_.mappings)
    if (mapping.is_executable && mapping.module.value < recording_.modules.size())
      shared_table_of(mapping.module);
}

const std::shared_ptr<const UnwindTable>& UnwindTables::shared_table_of(ModuleId module) {
  if (by_module_.size() <= module.value) by_module_.resize(recording_.modules.size());
  auto& table = by_module_[module.value];
  if (table) return table;
  const std::string& build_id = recording_.modules[module.value].build_id;
  if (const auto known = by_build_id_.find(build_id); known != by_build_id_.end())
    return table = known->second;
  const ElfFile* file = files_.open(module);
  table = std::make_shared<const UnwindTable>(file ? read_unwind_table(*file) : UnwindTable{});
  files_.close(module);
  if (!build_id.empty()) by_build_id_.emplace(build_id, table);
  return table;
}

std::vector<MappedUnwindTable> UnwindTables::all() {
  std::vector<MappedUnwindTable> tables;
  for (const Mapping& mapping : recording_.mappings) {
    if (!mapping.is_executable || mapping.module.value >= recording_.modules.size()) continue;
    const auto place = addresses_.find(mapping.start);
    if (!place || place->module != mapping.module) continue;
    const auto& table = shared_table_of(mapping.module);
    if (table->rows.empty()) continue;
    tables.push_back({mapping.start, mapping.end, place->bias + table->base, table});
  }
  std::sort(tables.begin(), tables.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  return tables;
}

const UnwindRule& UnwindTables::rule_at(uint64_t pc) {
  static constexpr UnwindRule kNoRule;
  const auto place = addresses_.find(pc);
  return place ? quarrel::rule_at(table_of(place->module), place->address) : kNoRule;
}

bool UnwindTables::is_generated(uint64_t pc) const {
  const auto place = addresses_.find(pc);
  return place && recording_.modules[place->module.value].path == kGeneratedCode;
}

std::optional<Unwound> RowUnwinder::unwind(const Capture& capture) const {
  Unwound unwound;
  bool has_generated = false;
  RowFrame frame(capture);
  Step end = Step::kCaller;
  while (end == Step::kCaller && unwound.calls.size() < kMaxFrames) {
    const uint64_t pc = frame.pc;
    const bool was_return_address = frame.is_return_address;
    const UnwindRule* rule = &tables_.rule_at(frame.lookup_pc());
    if (rule->cfa_base == CfaBase::kNoRow && tables_.is_generated(frame.lookup_pc())) {
      rule = &kFramePointer;
      has_generated = true;
    }
    end = frame.step(*rule);
    unwound.calls.push_back({pc, was_return_address && rule->is_signal_frame == 0});
  }
  if (end == Step::kNotByRows) return std::nullopt;
  unwound.status = status_of(end);
  if (has_generated && unwound.status == StackStatus::kComplete)
    unwound.status = StackStatus::kByFramePointer;
  return unwound;
}

}  // namespace quarrel
