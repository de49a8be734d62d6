// Which entries does the unwind table of a file have, and which instructions?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "resolve/byte_cursor.h"

namespace quarrel {

/// Virtual addresses [start, end) of one piece of code.
struct CodeRange {
  uint64_t start = 0;
  uint64_t end = 0;

  auto operator<=>(const CodeRange&) const = default;
};

/// What the entries (FDEs) of one CIE have in common.
struct CommonEntry {
  uint64_t offset = 0;  ///< in the section: tells CIEs apart
  uint64_t code_factor = 1;
  int64_t data_factor = 1;
  uint64_t return_register = 0;
  uint8_t pointer_encoding = 0;   ///< DW_EH_PE_*
  bool has_augmentation = false;  ///< the FDEs have data of that kind
  bool is_signal_frame = false;   ///< the frame was not called: its pc is that of an interruption
  ByteCursor instructions{{}};    ///< DW_CFA_* that every function of it begins with
};

/// An FDE.
struct FunctionEntry {
  CodeRange range;
  ByteCursor instructions{{}};
};

using FunctionVisitor = std::function<void(const CommonEntry&, const FunctionEntry&)>;

/// Calls `visit` for every FDE in the bytes of an .eh_frame section that is loaded at `address`, in
/// the order of the section. Entries that are damaged are skipped; a damaged length ends the walk.
/// Source of the format: Linux Standard Base 5.0, Core, 10.6.1 "The .eh_frame section".
void visit_functions(std::span<const uint8_t> eh_frame, uint64_t address,
                     const FunctionVisitor& visit);

/// A pointer within the section at the cursor; nullopt for damage and for encodings that no code
/// address has (indirect, relative to data). `section` is the address of the cursor's first byte.
std::optional<uint64_t> read_code_pointer(ByteCursor& cursor, uint8_t encoding, uint64_t section);

}  // namespace quarrel
