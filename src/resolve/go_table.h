// Which function of a Go program covers an address, and which line and inlined calls, by Go's own
// table?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// What stands in the file.
struct GoTableBytes {
  std::vector<uint8_t> table;  ///< .gopclntab, from its magic number on
  /// ELF virtual address of runtime.text, from which the addresses of Go 1.18 and newer count.
  uint64_t text = 0;
  /// From runtime.moduledata.gofunc on; empty: not known. What was inlined stands there.
  std::vector<uint8_t> function_data;
};

struct GoFunction {
  uint64_t address = 0;  ///< ELF virtual address
  uint64_t size = 0;     ///< with the padding behind it
  std::string_view name;
};

/// How the runtime itself passes a function on a walk of a stack.
struct GoFrame {
  /// Up to the address `end`, the return address stands `bytes` above the stack pointer.
  struct Step {
    uint64_t end = 0;
    uint32_t bytes = 0;
  };

  std::vector<Step> steps;    ///< from the function's entry on, in order; empty: not known
  bool is_outermost = false;  ///< it has no caller
  bool moves_stack = false;   ///< it sets the stack pointer to what `steps` do not tell
};

/// The table that the runtime itself walks stacks with: programs have it however they are linked or
/// stripped. Formats of Go 1.16, 1.18 and 1.20 (go/src/runtime/symtab.go, cmd/link/internal/ld/
/// pcln.go). All of it is untrusted.
class GoTable {
 public:
  /// nullopt if the bytes are no such table.
  static std::optional<GoTable> parse(GoTableBytes bytes);

  size_t size() const { return entries_.size() - 1; }

  /// `index` < size(). The name is empty if the table is damaged there, and lives as long as this.
  GoFunction function(size_t index) const;

  std::optional<size_t> index_at(uint64_t address) const;

  /// `index` < size(). Programs of Go 1.16 do not tell the outermost functions.
  GoFrame frame(size_t index) const;

  /// As ResolvedFrame::locations: inlined functions innermost first. Without a line if the table
  /// has none, or if it is that of an inlined function that is not known. Empty if no function
  /// covers the address.
  std::vector<CodeLocation> locations_at(uint64_t address) const;

 private:
  enum class Format : uint8_t { kGo116, kGo118, kGo120 };

  struct Entry {
    uint64_t address = 0;
    uint64_t record = 0;  // offset in the table
  };

  /// runtime._func, as much of it as is used.
  struct Record {
    uint32_t name = 0;
    uint32_t stack_values = 0;  // offsets of value tables; 0: none
    uint32_t file_values = 0;
    uint32_t line_values = 0;
    uint32_t inline_values = 0;
    uint32_t unit = 0;
    uint8_t flags = 0;
    std::optional<uint32_t> inline_tree;  // offset in the function data
  };

  /// runtime.inlinedCall
  struct InlinedCall {
    uint32_t name = 0;
    uint32_t call_offset =
        0;  // from the function's entry: an instruction with the line of the call
  };

  explicit GoTable(GoTableBytes bytes) : bytes_(std::move(bytes)) {}
  bool read_header();
  bool read_entries(uint64_t count);
  std::optional<Record> record_of(size_t index) const;
  std::string_view text_at(uint64_t offset) const;
  template <class Visit>
  void visit_values(uint32_t values, size_t index, Visit visit) const;
  std::optional<int32_t> value_at(uint32_t values, size_t index, uint64_t address) const;
  std::optional<InlinedCall> inlined_call(const Record& record, int32_t index) const;
  CodeLocation line_at(const Record& record, size_t index, uint64_t address) const;

  GoTableBytes bytes_;
  Format format_ = Format::kGo120;
  uint8_t quantum_ = 1;  // bytes of the smallest instruction
  uint64_t names_ = 0;   // offsets of parts of the table
  uint64_t units_ = 0;
  uint64_t files_ = 0;
  uint64_t values_ = 0;
  uint64_t functions_ = 0;
  std::vector<Entry> entries_;  // by address; the last one is the end of all
};

}  // namespace quarrel
