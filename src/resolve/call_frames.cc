// Which frames, with which registers, stand on the stack of a captured thread?
#include "resolve/call_frames.h"

#include <cstdlib>
#include <cstring>

namespace quarrel {
namespace {

// A row takes about 500 bytes; programs have a few thousand distinct call sites in their waits.
constexpr size_t kMaxCachedRows = 32'768;

struct RegisterRule {
  Dwarf_Op scratch[3];
  Dwarf_Op* operations = nullptr;
  size_t count = 0;

  bool read(Dwarf_Frame* rules, int number) {
    return dwarf_frame_register(rules, number, scratch, &operations, &count) == 0;
  }
  // libdw tells the two rules without operations apart by the pointer (libdw.h).
  bool is_undefined() const { return count == 0 && operations != nullptr; }
  bool is_same_value() const { return count == 0 && operations == nullptr; }
};

// Register rules of CFI that yield an address say where the caller's value was saved.
std::optional<uint64_t> recovered(const RegisterRule& rule, const ExpressionContext& context) {
  auto result = evaluate({rule.operations, rule.count}, context, context.canonical_frame_address);
  if (!result) return std::nullopt;
  return result->is_address ? context.read_memory(result->value, 8) : result->value;
}

// libdw 0.188 takes the numbers of i386 for what functions preserve if their rows do not mention
// it: rax instead of rbx (compare System V psABI, figures 3.4 and 3.36).
bool is_preserved_unless_said(int number) {
  return number == kRbx;
}

// General registers of the caller; those that the row gives up stay unknown.
void recover_registers(Dwarf_Frame* rules, const ExpressionContext& context,
                       FrameRegisters& caller) {
  RegisterRule rule;
  for (int number = kRax; number < kRip; ++number) {
    if (number == kRax || !rule.read(rules, number)) continue;
    if (rule.is_undefined() && !is_preserved_unless_said(number)) continue;
    if (!rule.is_same_value() && !rule.is_undefined()) {
      if (auto value = recovered(rule, context)) caller.set(number, *value);
    } else if (context.registers->is_known(number)) {
      caller.set(number, context.registers->value[number]);
    }
  }
}

}  // namespace

std::optional<uint64_t> read_captured(const Capture& capture, uint64_t address, unsigned size) {
  bool is_word = size == 1 || size == 2 || size == 4 || size == 8;
  if (!is_word || address < capture.stack_start) return std::nullopt;
  uint64_t offset = address - capture.stack_start;
  if (offset > capture.bytes.size() || capture.bytes.size() - offset < size) return std::nullopt;
  uint64_t value = 0;
  std::memcpy(&value, capture.bytes.data() + offset, size);
  return value;
}

void CallFrameWalker::FreeFrame::operator()(Dwarf_Frame* frame) const {
  std::free(frame);
}

CallFrameWalker::CallFrameWalker(const Recording& recording, std::string sysroot, int32_t pid)
    : recording_(recording), files_(recording, std::move(sysroot), pid) {
  mappings_changed();
}

CallFrameWalker::~CallFrameWalker() = default;

void CallFrameWalker::mappings_changed() {
  rows_.clear();
  addresses_ = AddressMap(recording_, files_);
}

Dwarf_CFI* CallFrameWalker::cfi_of(ModuleId module) {
  if (cfi_.size() <= module.value) cfi_.resize(recording_.modules.size());
  auto& cfi = cfi_[module.value];
  if (!cfi)
    if (ElfFile* file = files_.open(module)) cfi.reset(dwarf_getcfi_elf(file->elf()));
  return cfi.get();
}

CallFrameWalker::Row CallFrameWalker::read_row(uint64_t lookup_pc) {
  Row row;
  auto place = addresses_.find(lookup_pc);
  if (!place) return row;
  Dwarf_CFI* cfi = cfi_of(place->module);
  Dwarf_Frame* rules = nullptr;
  if (cfi == nullptr || dwarf_cfi_addrframe(cfi, place->address, &rules) != 0) return row;
  row.rules.reset(rules);
  dwarf_frame_info(rules, nullptr, nullptr, &row.is_signal_frame);
  return row;
}

const CallFrameWalker::Row& CallFrameWalker::row_of(uint64_t lookup_pc) {
  if (auto found = rows_.find(lookup_pc); found != rows_.end()) return found->second;
  if (rows_.size() >= kMaxCachedRows) rows_.clear();
  return rows_.emplace(lookup_pc, read_row(lookup_pc)).first->second;
}

CallFrameWalker::Step CallFrameWalker::step(const Capture& capture, CallFrame& frame,
                                            CallFrame& caller) {
  const Row& row = row_of(frame.pc - (frame.is_return_address ? 1 : 0));
  if (!row.rules) return Step::kNoRow;
  // A signal trampoline was not called: its pc is where the handler will return to.
  if (row.is_signal_frame) frame.is_return_address = false;
  ExpressionContext context;
  context.registers = &frame.registers;
  context.read_memory = [&](uint64_t address, unsigned size) {
    return read_captured(capture, address, size);
  };
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_frame_cfa(row.rules.get(), &operations, &count) != 0) return Step::kNoRow;
  auto cfa = evaluate({operations, count}, context);
  if (!cfa) return Step::kOutsideCopy;
  frame.canonical_frame_address = cfa->value;
  context.canonical_frame_address = cfa->value;

  Step outcome = recover_pc(row.rules.get(), context, caller);
  if (outcome != Step::kCaller) return outcome;
  recover_registers(row.rules.get(), context, caller.registers);
  caller.is_return_address = !row.is_signal_frame;
  // Only a signal may have switched to another stack; otherwise callers live above callees.
  bool moved_up =
      caller.registers.is_known(kRsp) && caller.registers.value[kRsp] > frame.registers.value[kRsp];
  return row.is_signal_frame || moved_up ? Step::kCaller : Step::kBroken;
}

CallFrameWalker::Step CallFrameWalker::recover_pc(Dwarf_Frame* rules,
                                                  const ExpressionContext& context,
                                                  CallFrame& caller) {
  RegisterRule rule;
  if (!rule.read(rules, kRip)) return Step::kNoRow;
  if (rule.is_undefined()) return Step::kOutermost;
  auto pc = recovered(rule, context);
  if (!pc) return Step::kOutsideCopy;
  if (*pc == 0) return Step::kNoRow;
  caller.pc = *pc;
  caller.registers.set(kRip, *pc);
  return Step::kCaller;
}

CallFrames CallFrameWalker::walk(const Capture& capture) {
  CallFrames result;
  CallFrame frame;
  frame.pc = capture.registers[kRip];
  for (uint64_t number = 0; number < kRegisterCount; ++number)
    frame.registers.set(number, capture.registers[number]);
  result.status = StackStatus::kTruncatedByCopy;
  while (result.frames.size() < kMaxFrames) {
    CallFrame caller;
    Step outcome = step(capture, frame, caller);
    result.frames.push_back(frame);
    switch (outcome) {
      case Step::kCaller:
        frame = caller;
        continue;
      case Step::kOutermost:
        result.status = StackStatus::kComplete;
        return result;
      case Step::kNoRow:
        result.status = StackStatus::kNoUnwindInfo;
        return result;
      case Step::kOutsideCopy:
        return result;
      case Step::kBroken:
        result.status = StackStatus::kFailed;
        return result;
    }
  }
  return result;
}

}  // namespace quarrel
