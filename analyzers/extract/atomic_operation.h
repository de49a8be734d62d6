// Is a call or an unnamed expression an atomic operation, on what, and in which order?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "extract/cursor.h"
#include "model/source_facts.h"

namespace quarrel {

/// One atomic operation as the source spells it.
struct AtomicOperation {
  CXCursor object{};  ///< expression: the object, or (is_address) a pointer to it
  bool is_address = false;
  SourceAccess access = SourceAccess::kRead;
  AccessForm form = AccessForm::kStdAtomic;
  MemoryOrder order = MemoryOrder::kSeqCst;
  std::vector<CXCursor> operands;  ///< the other arguments
  CXCursor value{};                ///< of the operands, the one that is stored, added, ...
  CXCursor expected{};             ///< of a compare-exchange, the one that is compared with
  std::string name;  ///< "exchange", "__sync_lock_release", ...; "" if only the shape is known
  bool is_test_and_set = false;
  bool is_clear = false;
};

/// Members, operators and conversions of std::atomic, atomic_flag and atomic_ref (libstdc++ routes
/// them through __atomic_base and __atomic_ref), the free functions std::atomic_load and so on,
/// and the __sync builtins.
std::optional<AtomicOperation> atomic_call(CXCursor call);

/// `__atomic_*` and `__c11_atomic_*`: libclang shows them as an expression without a name, so the
/// operation comes from the token at its start, or else from number and type of the operands.
std::optional<AtomicOperation> atomic_builtin(CXCursor expression);

/// The operation that a member of the given name does on an object; nothing for other names.
std::optional<AtomicOperation> atomic_by_name(CXCursor object, const std::string& name,
                                              CXCursor call);

/// True for std::memory_order and C's.
bool is_memory_order_type(CXType type);

/// True for members and functions of the atomics library that touch no object (notify_one, ...).
bool is_atomic_bookkeeping(CXCursor call);

}  // namespace quarrel
