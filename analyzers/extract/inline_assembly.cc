// Which operands of an inline assembly statement lie in memory, and what does it do to them?
#include "extract/inline_assembly.h"

#include <algorithm>
#include <string_view>

#include "extract/source_text.h"

namespace quarrel {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// `asm ( text : [name] "=m" (x), ... : "r" (y) : "memory" )` cut at its colons.
struct AssemblyText {
  std::string instructions;  ///< in lower case, with names of macros as they stand
  std::vector<std::string> outputs;
  std::vector<std::string> inputs;
};

/// Adds the token to the part of the statement that it belongs to.
void add_token(AssemblyText& text, int part, const std::string& token) {
  if (part == 0) text.instructions += token + " ";
  if (token.front() != '"') return;
  if (part == 1) text.outputs.push_back(token);
  if (part == 2) text.inputs.push_back(token);
}

AssemblyText parse(const std::vector<std::string>& tokens) {
  AssemblyText text;
  int depth = 0, part = 0;
  for (const std::string& token : tokens) {
    if (token == "(") ++depth;
    if (token == ")" && --depth == 0) break;
    if (token == ")" || token == "(" || token.empty()) continue;
    if (depth != 1) {
      // What stands in brackets of its own among the instructions belongs to a macro.
      if (part == 0 && depth > 1) add_token(text, part, token);
      continue;
    }
    if (token == ":" || token == "::")
      part += static_cast<int>(token.size());
    else
      add_token(text, part, token);
  }
  std::transform(text.instructions.begin(), text.instructions.end(), text.instructions.begin(),
                 ::tolower);
  return text;
}

/// x86: lock prefix, and xchg which has it built in; arm: exclusive and large-system instructions.
bool is_locked(const std::string& instructions) {
  for (std::string_view part :
       {"lock", "xchg", "ldrex", "ldxr", "ldaxr", "stxr", "strex", "ldadd", "stadd", "cas", "swp"})
    if (contains(instructions, part)) return true;
  return false;
}

SourceAccess locked_access(const std::string& instructions) {
  const bool compares = contains(instructions, "cmpxchg") || contains(instructions, "cas");
  return compares ? SourceAccess::kCompareExchange : SourceAccess::kReadModifyWrite;
}

bool is_memory_constraint(std::string_view constraint) {
  return constraint.find_first_of("moQAVS") != std::string_view::npos &&
         constraint.find('r') == std::string_view::npos;
}

AssemblyOperand describe(CXCursor expression, std::string_view constraint, bool is_output,
                         const AssemblyText& text) {
  AssemblyOperand operand{.expression = expression, .is_output = is_output};
  operand.is_memory = is_memory_constraint(constraint);
  const bool locked = is_locked(text.instructions);
  if (is_output)
    operand.access =
        contains(constraint, "+") ? SourceAccess::kReadModifyWrite : SourceAccess::kWrite;
  const bool is_written_input =
      std::none_of(text.outputs.begin(), text.outputs.end(),
                   [](const auto& each) { return is_memory_constraint(each); });
  if (operand.is_memory && locked && (is_output || is_written_input))
    operand.access = locked_access(text.instructions);
  const bool is_address = canonical(type_of(expression)).kind == CXType_Pointer;
  operand.is_pointer = !is_output && !operand.is_memory && locked && is_address &&
                       (contains(text.instructions, "(%") || contains(text.instructions, "[%"));
  if (operand.is_pointer) operand.access = locked_access(text.instructions);
  return operand;
}

bool does_pause(const std::string& instructions) {
  for (std::string_view part : {"pause", "yield", "rep; nop", "rep;nop", "rep nop", "wfe", "isb"})
    if (contains(instructions, part)) return true;
  return false;
}

}  // namespace

InlineAssembly inline_assembly(CXCursor statement) {
  const AssemblyText text = parse(tokens_where_spelt(statement));
  const std::vector<CXCursor> expressions = expressions_in(statement);
  InlineAssembly assembly{.pauses = does_pause(text.instructions)};
  if (is_locked(text.instructions)) assembly.order = MemoryOrder::kSeqCst;
  const size_t known = text.outputs.size() + text.inputs.size();
  for (size_t i = 0; i < expressions.size(); ++i) {
    const bool is_output = i < text.outputs.size();
    // Constraints that a macro hides leave operands that are merely read.
    const std::string constraint = known != expressions.size() ? "r"
                                   : is_output                 ? text.outputs[i]
                                               : text.inputs[i - text.outputs.size()];
    assembly.operands.push_back(
        describe(expressions[i], constraint, is_output && known == expressions.size(), text));
  }
  return assembly;
}

}  // namespace quarrel
