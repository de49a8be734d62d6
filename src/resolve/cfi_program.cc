// Which rules do the unwind instructions of a function give, instruction by instruction?
#include "resolve/cfi_program.h"

#include <dwarf.h>

#include <algorithm>

#include "model/capture.h"

namespace quarrel {
namespace {

// Compilers nest remember_state once or twice; bounds what a forged file can cost.
constexpr size_t kMaxRemembered = 64;
constexpr uint8_t kPrimaryMask = 0xc0;

/// One operation of an expression: a register plus an offset (DW_OP_breg0 to 31).
struct BaseRegister {
  uint64_t number = 0;
  int64_t offset = 0;
};

std::optional<BaseRegister> read_base_register(ByteCursor& expression) {
  const auto operation = expression.read<uint8_t>();
  if (operation < DW_OP_breg0 || operation > DW_OP_breg31) return std::nullopt;
  return BaseRegister{uint64_t{operation} - DW_OP_breg0, expression.read_sleb128()};
}

bool is_at_end(const ByteCursor& cursor) {
  return cursor.ok() && cursor.left() == 0;
}

/// Linkers describe a whole .plt by one expression: rsp + 8 + ((rip & 15) >= N) * 8, where N is the
/// place behind the push within a stub of 16 bytes. Returns N.
std::optional<int64_t> read_lazy_stub(ByteCursor expression) {
  const auto stack = read_base_register(expression);
  const auto code = read_base_register(expression);
  const bool starts_well = stack && stack->number == kRsp && stack->offset == 8 && code &&
                           code->number == kRip && code->offset == 0;
  if (!starts_well || expression.read<uint8_t>() != DW_OP_lit15 ||
      expression.read<uint8_t>() != DW_OP_and)
    return std::nullopt;
  const auto limit = expression.read<uint8_t>();
  const bool is_literal = limit >= DW_OP_lit0 && limit <= DW_OP_lit15;
  for (const uint8_t expected : {DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus})
    if (expression.read<uint8_t>() != expected) return std::nullopt;
  if (!is_literal || !is_at_end(expression)) return std::nullopt;
  return limit - DW_OP_lit0;
}

/// What an expression does with the sum of a register and an offset; kInexpressible: more than
/// that.
CfaBase base_of_rest(ByteCursor& expression) {
  if (is_at_end(expression)) return CfaBase::kRegister;
  if (expression.read<uint8_t>() != DW_OP_deref) return CfaBase::kInexpressible;
  if (is_at_end(expression)) return CfaBase::kMemory;
  const bool adds_8 =
      expression.read<uint8_t>() == DW_OP_plus_uconst && expression.read_uleb128() == 8;
  return adds_8 && is_at_end(expression) ? CfaBase::kMemoryPlus8 : CfaBase::kInexpressible;
}

void set_cfa_expression(ByteCursor expression, CfiState& state) {
  state.cfa_base = CfaBase::kInexpressible;
  if (const auto limit = read_lazy_stub(expression)) {
    state.cfa_base = CfaBase::kLazyStub;
    state.cfa_register = kRsp;
    state.cfa_offset = *limit;
    return;
  }
  const auto base = read_base_register(expression);
  if (!base) return;
  state.cfa_base = base_of_rest(expression);
  state.cfa_register = base->number;
  state.cfa_offset = base->offset;
}

SavedRule saved_by_expression(ByteCursor expression) {
  const auto base = read_base_register(expression);
  if (!base || !is_at_end(expression)) return {SavedIn::kUnknown, 0};
  if (base->number == kRbp) return {SavedIn::kAtRbp, base->offset};
  if (base->number == kRsp) return {SavedIn::kAtRsp, base->offset};
  return {SavedIn::kUnknown, 0};
}

/// Products of untrusted factors may wrap; such an offset fits into no row.
int64_t scaled(uint64_t value, int64_t factor) {
  return static_cast<int64_t>(value * static_cast<uint64_t>(factor));
}

}  // namespace

SavedRule* CfiState::rule_of(uint64_t dwarf_register) {
  switch (dwarf_register) {
    case kRbx:
      return &rbx;
    case kRbp:
      return &rbp;
    case kRsp:
      return &rsp;
    case kRip:
      return &return_address;
    default:
      return nullptr;
  }
}

CfiProgram::CfiProgram(const CommonEntry& common, uint64_t section)
    : common_(common), section_(section) {
  ByteCursor cursor = common.instructions;
  Location nowhere;
  is_sound_ = common.return_register == kRip;
  while (is_sound_ && cursor.left() > 0) is_sound_ = execute(cursor, initial_, nowhere);
}

void CfiProgram::run(const FunctionEntry& function, const StateVisitor& visit) {
  CfiState state = initial_;
  Location location{function.range.start, function.range.end, &visit};
  ByteCursor cursor = function.instructions;
  remembered_.clear();
  bool goes_on = is_sound_;
  while (goes_on && cursor.left() > 0) goes_on = execute(cursor, state, location) && cursor.ok();
  if (!goes_on) state.cfa_base = CfaBase::kInexpressible;
  if (!goes_on) state.is_outermost = false;
  visit(location.address, state);
}

bool CfiProgram::execute(ByteCursor& cursor, CfiState& state, Location& location) {
  const auto byte = cursor.read<uint8_t>();
  const uint8_t operand = byte & static_cast<uint8_t>(~kPrimaryMask);
  switch (byte & kPrimaryMask) {
    case DW_CFA_advance_loc:
      return advance(operand, state, location);
    case DW_CFA_offset:
      if (SavedRule* rule = state.rule_of(operand))
        *rule = {SavedIn::kAtCfa, scaled(cursor.read_uleb128(), common_.data_factor)};
      else
        cursor.read_uleb128();
      return true;
    case DW_CFA_restore:
      restore_register(operand, state);
      return true;
    default:
      return execute_extended(byte, cursor, state, location);
  }
}

bool CfiProgram::execute_extended(uint8_t opcode, ByteCursor& cursor, CfiState& state,
                                  Location& location) {
  switch (opcode) {
    case DW_CFA_nop:
      return true;
    case DW_CFA_GNU_args_size:
      cursor.read_uleb128();
      return true;
    case DW_CFA_set_loc: {
      const auto address = read_code_pointer(cursor, common_.pointer_encoding, section_);
      return address && go_to(*address, state, location);
    }
    case DW_CFA_advance_loc1:
      return advance(cursor.read<uint8_t>(), state, location);
    case DW_CFA_advance_loc2:
      return advance(cursor.read<uint16_t>(), state, location);
    case DW_CFA_advance_loc4:
      return advance(cursor.read<uint32_t>(), state, location);
    case DW_CFA_remember_state:
      if (remembered_.size() >= kMaxRemembered) return false;
      remembered_.push_back(state);
      return true;
    case DW_CFA_restore_state:
      return restore_state(state);
    case DW_CFA_restore_extended:
      restore_register(cursor.read_uleb128(), state);
      return true;
    default:
      return define_cfa(opcode, cursor, state) || define_register(opcode, cursor, state);
  }
}

bool CfiProgram::define_cfa(uint8_t opcode, ByteCursor& cursor, CfiState& state) const {
  switch (opcode) {
    case DW_CFA_def_cfa:
    case DW_CFA_def_cfa_sf:
      state.cfa_base = CfaBase::kRegister;
      state.cfa_register = cursor.read_uleb128();
      state.cfa_offset =
          opcode == DW_CFA_def_cfa
              ? static_cast<int64_t>(cursor.read_uleb128())
              : scaled(static_cast<uint64_t>(cursor.read_sleb128()), common_.data_factor);
      return true;
    case DW_CFA_def_cfa_register:
      state.cfa_register = cursor.read_uleb128();
      if (state.cfa_base != CfaBase::kRegister) state.cfa_base = CfaBase::kInexpressible;
      return true;
    case DW_CFA_def_cfa_offset:
    case DW_CFA_def_cfa_offset_sf:
      state.cfa_offset =
          opcode == DW_CFA_def_cfa_offset
              ? static_cast<int64_t>(cursor.read_uleb128())
              : scaled(static_cast<uint64_t>(cursor.read_sleb128()), common_.data_factor);
      if (state.cfa_base != CfaBase::kRegister) state.cfa_base = CfaBase::kInexpressible;
      return true;
    case DW_CFA_def_cfa_expression:
      set_cfa_expression(cursor.take_block(cursor.read_uleb128()), state);
      return true;
    default:
      return false;
  }
}

bool CfiProgram::define_register(uint8_t opcode, ByteCursor& cursor, CfiState& state) const {
  const uint64_t number = cursor.read_uleb128();
  SavedRule saved{SavedIn::kUnknown, 0};
  switch (opcode) {
    case DW_CFA_undefined:
      if (number == kRip) state.is_outermost = true;
      break;
    case DW_CFA_same_value:
      saved.place = SavedIn::kUnchanged;
      break;
    case DW_CFA_register:
      saved = {SavedIn::kInRegister, static_cast<int64_t>(cursor.read_uleb128())};
      break;
    case DW_CFA_offset_extended:
      saved = {SavedIn::kAtCfa, scaled(cursor.read_uleb128(), common_.data_factor)};
      break;
    case DW_CFA_offset_extended_sf:
      saved = {SavedIn::kAtCfa,
               scaled(static_cast<uint64_t>(cursor.read_sleb128()), common_.data_factor)};
      break;
    case DW_CFA_GNU_negative_offset_extended:
      saved = {SavedIn::kAtCfa, scaled(0 - cursor.read_uleb128(), common_.data_factor)};
      break;
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
      cursor.read_uleb128();
      break;
    case DW_CFA_expression:
      saved = saved_by_expression(cursor.take_block(cursor.read_uleb128()));
      break;
    case DW_CFA_val_expression:
      cursor.skip(cursor.read_uleb128());
      break;
    default:
      return false;
  }
  if (opcode != DW_CFA_undefined && number == kRip) state.is_outermost = false;
  if (SavedRule* rule = state.rule_of(number)) *rule = saved;
  return true;
}

bool CfiProgram::advance(uint64_t distance, const CfiState& state, Location& location) const {
  uint64_t address = 0;
  if (__builtin_mul_overflow(distance, common_.code_factor, &address) ||
      __builtin_add_overflow(address, location.address, &address))
    return false;
  return go_to(address, state, location);
}

/// Only forwards, and within the function.
bool CfiProgram::go_to(uint64_t address, const CfiState& state, Location& location) const {
  if (location.visit == nullptr || address < location.address || address > location.end)
    return false;
  if (address == location.address) return true;
  (*location.visit)(location.address, state);
  location.address = address;
  return true;
}

bool CfiProgram::restore_state(CfiState& state) {
  if (remembered_.empty()) return false;
  state = remembered_.back();
  remembered_.pop_back();
  return true;
}

void CfiProgram::restore_register(uint64_t number, CfiState& state) const {
  const SavedRule* initial = initial_.rule_of(number);
  if (initial == nullptr) return;
  *state.rule_of(number) = *initial;
  if (number == kRip) state.is_outermost = initial_.is_outermost;
}

}  // namespace quarrel
