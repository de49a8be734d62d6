// From which instruction of a function to which other can control pass, and by which way?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "resolve/code_image.h"
#include "resolve/decoded_function.h"

namespace quarrel {

/// The code of a file, and where its functions begin and end. Static programs have no index of
/// their unwind tables: there symbols tell.
struct FunctionSource {
  const CodeImage& image;
  std::map<uint64_t, uint64_t> symbol_sizes;  ///< by address

  /// The function that begins at `address`; nullopt if none does, or if it is too long.
  std::optional<CodeRange> starting_at(uint64_t address) const;
};

/// One step of control between two instructions, by their indices.
struct FlowEdge {
  uint32_t from = 0;
  uint32_t to = 0;
  bool is_taken = false;  ///< by the jump of `from`, else to the instruction behind it
};

/// A function with all its edges: jump tables are read, and calls that never return end a path.
class ControlFlow {
 public:
  /// nullopt if no function is known to begin at `address`, or if the file has no code of it: there
  /// is a first instruction.
  static std::optional<ControlFlow> read(const FunctionSource& source, uint64_t address);

  const DecodedFunction& function() const { return function_; }
  const std::vector<Instruction>& instructions() const { return function_.instructions(); }
  std::span<const uint8_t> bytes_of(const Instruction& instruction) const;

  std::span<const FlowEdge> edges_from(uint32_t index) const;
  std::vector<FlowEdge> edges_to(uint32_t index) const;

  /// Some indirect jump goes to places that are not known.
  bool has_unknown_jumps() const { return has_unknown_jumps_; }

 private:
  ControlFlow(const FunctionSource& source, const CodeRange& range);
  void link(const FunctionSource& source, uint32_t index);
  void link_table(const CodeImage& image, uint32_t index);
  std::optional<uint64_t> table_before(uint32_t index) const;

  std::vector<uint8_t> code_;
  DecodedFunction function_;
  std::vector<FlowEdge> edges_;  // sorted by `from`
  std::vector<size_t> first_;    // edges of each instruction begin there
  bool has_unknown_jumps_ = false;
};

}  // namespace quarrel
