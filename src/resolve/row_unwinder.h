// Which calls does a copied stack prove, by one table search a frame?
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/unwind_table.h"
#include "resolve/modules.h"
#include "resolve/unwinder.h"

namespace quarrel {

/// The tables of a recording's modules, one per build id. All are built at once, because the first
/// event that needs one would wait for it, and the events behind it would be lost.
class UnwindTables {
 public:
  /// `recording` must outlive the tables; see ModuleFiles.
  UnwindTables(const Recording& recording, std::string sysroot, int32_t pid);

  /// To be called after Recording::mappings changed.
  void mappings_changed();

  /// The rule at an address of the target; one with kNoRow outside of all tables.
  const UnwindRule& rule_at(uint64_t pc);

  /// Empty for a module without unwind information.
  const UnwindTable& table_of(ModuleId module) { return *shared_table_of(module); }

  /// Whether `pc` stands in code that was made at run time.
  bool is_generated(uint64_t pc) const;

  /// Of all executable mappings that have one, sorted by address.
  std::vector<MappedUnwindTable> all();

  /// Where `pc` belongs.
  std::optional<ModuleAddress> find(uint64_t pc) const { return addresses_.find(pc); }

 private:
  const std::shared_ptr<const UnwindTable>& shared_table_of(ModuleId module);

  const Recording& recording_;
  ModuleFiles files_;
  AddressMap addresses_;
  std::vector<std::shared_ptr<const UnwindTable>> by_module_;
  std::map<std::string, std::shared_ptr<const UnwindTable>> by_build_id_;
};

/// Walks by UnwindTables with three registers: rsp, rbp and rbx; in the innermost frame with all.
class RowUnwinder {
 public:
  explicit RowUnwinder(UnwindTables& tables) : tables_(tables) {}

  /// Nullopt if some frame's rule is not among those of UnwindRule, or needs a register that is
  /// not followed: then CallFrameWalker may know. Statuses are those that it would give.
  std::optional<Unwound> unwind(const Capture& capture) const;

 private:
  UnwindTables& tables_;
};

}  // namespace quarrel
