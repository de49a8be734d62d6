// What lies together in memory, and who uses it?
#pragma once

#include <string>
#include <vector>

#include "checks/acquisitions.h"
#include "checks/fact_index.h"
#include "checks/hotness.h"
#include "checks/line_layout.h"
#include "checks/lock_context.h"
#include "checks/operations.h"
#include "checks/roles.h"

namespace quarrel {

/// What the checks derive from the facts once.
struct CheckContext {
  explicit CheckContext(const FactIndex& facts)
      : index(facts),
        roles(facts),
        locks(facts),
        hotness(index, roles),
        acquisitions(facts),
        operations(facts) {}

  const FactIndex& index;
  ThreadRoles roles;
  LockContext locks;
  Hotness hotness;
  Acquisitions acquisitions;
  Operations operations;
};

/// One access that is not cold.
struct Use {
  const AccessSite* site = nullptr;
  Heat heat = Heat::kWarm;
};

/// A field or variable with its uses: at most one read and one write for each function. The writes
/// of a lock are its acquisitions, and its bytes those that they touch.
struct LineMember {
  std::string name;  ///< path in the record, or the variable
  std::string type;
  ByteRange bytes;
  SourcePos position;
  SymbolId symbol;
  SymbolId symbol_in_template;  ///< of the same member, where an instantiation has only its layout
  const SourceRecord* parent = nullptr;  ///< nullptr for a variable
  bool is_lock = false;
  std::vector<Use> writes;
  std::vector<Use> reads;  ///< in functions that do not write it

  bool is_written_in(SymbolId function) const;
  bool is_used_in(SymbolId function) const;
};

/// Does one of them hold the other, as a member of a record type holds its parts?
bool is_overlap(const LineMember& one, const LineMember& other);

/// Members of one object (or neighbours in the data segment), by offset.
struct MemberGroup {
  const SourceRecord* record = nullptr;  ///< nullptr: global variables of one file
  std::string name;                      ///< of the record; "" for globals
  uint64_t alignment = 0;
  bool is_concurrent = false;       ///< holds a lock, an atomic, a volatile, or is used atomically
  std::vector<LineMember> members;  ///< those that are used outside setup, and all locks
};

MemberGroup members_of_record(const CheckContext& context, const SourceRecord& record);

/// Scalar globals of each file in the order of their declaration, which compilers mostly keep.
std::vector<MemberGroup> members_of_files(const CheckContext& context);

}  // namespace quarrel
