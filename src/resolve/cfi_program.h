// Which rules do the unwind instructions of a function give, instruction by instruction?
#pragma once

#include <functional>
#include <vector>

#include "model/unwind_table.h"
#include "resolve/eh_frame.h"

namespace quarrel {

/// Where a register is saved, before it is known to fit into a row.
struct SavedRule {
  SavedIn place = SavedIn::kUnchanged;
  int64_t offset = 0;
};

/// The registers' rules at one address.
struct CfiState {
  CfaBase cfa_base = CfaBase::kInexpressible;
  uint64_t cfa_register = 0;
  int64_t cfa_offset = 0;
  SavedRule return_address{SavedIn::kAtCfa, -8};  ///< libdw's default for x86-64
  SavedRule rbp;
  SavedRule rbx;
  SavedRule rsp{SavedIn::kAtCfa, 0};  ///< kAtCfa with 0: it is the CFA, unless a rule says else
  bool is_outermost = false;

  SavedRule* rule_of(uint64_t dwarf_register);  ///< null for registers that are not followed
  const SavedRule* rule_of(uint64_t dwarf_register) const {
    return const_cast<CfiState*>(this)->rule_of(dwarf_register);
  }
};

/// Called with the address from which a state is valid.
using StateVisitor = std::function<void(uint64_t address, const CfiState& state)>;

/// Runs the instructions of functions, all of which belong to one section at `section`.
class CfiProgram {
 public:
  /// Runs the initial instructions of the CIE.
  CfiProgram(const CommonEntry& common, uint64_t section);

  /// Reports a state whenever the location advances, and at the end. Instructions that are not
  /// known, or that leave the function's range, end the program: what follows is inexpressible.
  void run(const FunctionEntry& function, const StateVisitor& visit);

 private:
  struct Location {
    uint64_t address = 0;
    uint64_t end = 0;
    const StateVisitor* visit = nullptr;
  };

  bool execute(ByteCursor& cursor, CfiState& state, Location& location);
  bool execute_extended(uint8_t opcode, ByteCursor& cursor, CfiState& state, Location& location);
  bool define_cfa(uint8_t opcode, ByteCursor& cursor, CfiState& state) const;
  bool define_register(uint8_t opcode, ByteCursor& cursor, CfiState& state) const;
  bool advance(uint64_t distance, const CfiState& state, Location& location) const;
  bool go_to(uint64_t address, const CfiState& state, Location& location) const;
  bool restore_state(CfiState& state);
  void restore_register(uint64_t number, CfiState& state) const;

  CommonEntry common_;
  uint64_t section_;
  CfiState initial_;
  bool is_sound_ = false;
  std::vector<CfiState> remembered_;
};

}  // namespace quarrel
