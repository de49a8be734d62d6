// What does a DWARF expression yield for one frame of a captured thread?
#include "resolve/dwarf_expression.h"

#include <dwarf.h>

#include <array>

namespace quarrel {
namespace {

constexpr size_t kMaxOperations = 256;  // no branches are followed, so this bounds the time

// The stack machine of DWARF 5, section 2.5, without branches, calls and several pieces.
class Machine {
 public:
  explicit Machine(const ExpressionContext& context) : context_(context) {}

  bool push(uint64_t value) {
    if (depth_ == stack_.size()) return false;
    stack_[depth_++] = value;
    return true;
  }

  std::optional<ExpressionResult> run(std::span<const Dwarf_Op> operations) {
    if (operations.empty() || operations.size() > kMaxOperations) return std::nullopt;
    // gcc writes a record that stands in one register as its only piece.
    const bool is_one_piece = operations.size() == 2 && operations[1].atom == DW_OP_piece;
    if (operations.size() == 1 || is_one_piece)
      if (auto number = register_named_by(operations[0])) return register_value(*number);
    for (const Dwarf_Op& operation : operations)
      if (!step(operation)) return std::nullopt;
    if (depth_ == 0) return std::nullopt;
    return ExpressionResult{!is_value_, stack_[depth_ - 1]};
  }

 private:
  static std::optional<uint64_t> register_named_by(const Dwarf_Op& operation) {
    if (operation.atom >= DW_OP_reg0 && operation.atom <= DW_OP_reg31)
      return operation.atom - DW_OP_reg0;
    if (operation.atom == DW_OP_regx) return operation.number;
    return std::nullopt;
  }

  std::optional<ExpressionResult> register_value(uint64_t number) const {
    if (!context_.registers->is_known(number)) return std::nullopt;
    return ExpressionResult{false, context_.registers->value[number]};
  }

  bool push_register_plus(uint64_t number, uint64_t offset) {
    return context_.registers->is_known(number) && push(context_.registers->value[number] + offset);
  }

  bool push_optional(std::optional<uint64_t> value, uint64_t offset = 0) {
    return value && push(*value + offset);
  }

  bool step(const Dwarf_Op& operation) {
    if (is_value_) return false;  // only DW_OP_piece may follow DW_OP_stack_value
    uint8_t atom = operation.atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) return push(atom - DW_OP_lit0);
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
      return push_register_plus(atom - DW_OP_breg0, operation.number);
    switch (atom) {
      case DW_OP_bregx:
        return push_register_plus(operation.number, operation.number2);
      case DW_OP_fbreg:
        return push_optional(context_.frame_base, operation.number);
      case DW_OP_call_frame_cfa:
        return push_optional(context_.canonical_frame_address);
      case DW_OP_addr:
        return push(operation.number + context_.bias);
      case DW_OP_const1u:
      case DW_OP_const1s:
      case DW_OP_const2u:
      case DW_OP_const2s:
      case DW_OP_const4u:
      case DW_OP_const4s:
      case DW_OP_const8u:
      case DW_OP_const8s:
      case DW_OP_constu:
      case DW_OP_consts:
        return push(operation.number);
      case DW_OP_nop:
        return true;
      case DW_OP_stack_value:
        is_value_ = true;
        return depth_ > 0;
      default:
        return step_unary(operation) || step_binary(operation);
    }
  }

  bool step_unary(const Dwarf_Op& operation) {
    if (depth_ == 0) return false;
    uint64_t& top = stack_[depth_ - 1];
    switch (operation.atom) {
      case DW_OP_plus_uconst:
        top += operation.number;
        return true;
      case DW_OP_neg:
        top = 0 - top;
        return true;
      case DW_OP_not:
        top = ~top;
        return true;
      case DW_OP_dup:
        return push(top);
      case DW_OP_drop:
        --depth_;
        return true;
      case DW_OP_deref:
        return dereference(top, 8);
      case DW_OP_deref_size:
        return dereference(top, static_cast<unsigned>(operation.number));
      default:
        return false;
    }
  }

  bool dereference(uint64_t& top, unsigned size) {
    if (!context_.read_memory) return false;
    auto value = context_.read_memory(top, size);
    if (value) top = *value;
    return value.has_value();
  }

  bool step_binary(const Dwarf_Op& operation) {
    if (depth_ < 2) return false;
    uint64_t right = stack_[depth_ - 1];
    uint64_t left = stack_[depth_ - 2];
    auto result = combine(operation.atom, left, right);
    if (!result) return false;
    stack_[--depth_ - 1] = *result;
    return true;
  }

  static std::optional<uint64_t> combine(uint8_t atom, uint64_t left, uint64_t right) {
    auto signed_left = static_cast<int64_t>(left);
    auto signed_right = static_cast<int64_t>(right);
    switch (atom) {
      case DW_OP_plus:
        return left + right;
      case DW_OP_minus:
        return left - right;
      case DW_OP_mul:
        return left * right;
      case DW_OP_and:
        return left & right;
      case DW_OP_or:
        return left | right;
      case DW_OP_xor:
        return left ^ right;
      case DW_OP_shl:
        return right < 64 ? left << right : 0;
      case DW_OP_shr:
        return right < 64 ? left >> right : 0;
      case DW_OP_shra:
        return static_cast<uint64_t>(signed_left >> (right < 64 ? right : 63));
      case DW_OP_eq:
        return left == right;
      case DW_OP_ne:
        return left != right;
      case DW_OP_ge:
        return signed_left >= signed_right;
      case DW_OP_gt:
        return signed_left > signed_right;
      case DW_OP_le:
        return signed_left <= signed_right;
      case DW_OP_lt:
        return signed_left < signed_right;
      default:
        return std::nullopt;
    }
  }

  const ExpressionContext& context_;
  std::array<uint64_t, 64> stack_{};
  size_t depth_ = 0;
  bool is_value_ = false;
};

}  // namespace

std::optional<ExpressionResult> evaluate(std::span<const Dwarf_Op> operations,
                                         const ExpressionContext& context,
                                         std::optional<uint64_t> pushed) {
  Machine machine(context);
  if (pushed && !machine.push(*pushed)) return std::nullopt;
  return machine.run(operations);
}

}  // namespace quarrel
