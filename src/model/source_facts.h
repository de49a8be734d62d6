// What does the source say about layouts, accesses, locks and threads, before any judgement?
//
// Facts of several translation units merge: entities are keyed by symbol (USR plus, where the USR
// is not unique, the file), files by real path relative to the project root.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "model/coverage.h"

namespace quarrel {

using FileId = Id<struct FileTag>;
using SymbolId = Id<struct SymbolTag>;  ///< index into SourceFacts::symbols
using SiteId = Id<struct SiteTag>;

/// line and column count from 1; an invalid file means "no position".
struct SourcePos {
  FileId file;
  uint32_t line = 0;
  uint32_t column = 0;

  auto operator<=>(const SourcePos&) const = default;
};

enum class LockClass : uint8_t { kNone, kMutex, kSharedMutex, kSpin };

/// A non-static data member as it lies in its record. Offsets and sizes in bits: bit-fields.
struct SourceField {
  SymbolId symbol;
  std::string name;      ///< empty for an unnamed member
  std::string type;      ///< as spelled by the compiler, canonical
  SymbolId type_record;  ///< the record, if the (element) type is one
  uint64_t offset_bits = 0;
  uint64_t size_bits = 0;
  uint64_t array_length = 0;  ///< 0: no array
  bool is_bit_field = false;
  bool is_atomic = false;  ///< std::atomic or _Atomic, or an array of them
  bool is_volatile = false;
  bool is_const = false;
  LockClass lock = LockClass::kNone;
  uint64_t alignas_bytes = 0;  ///< 0 if the declaration asks for none; 1 if it asks, value unknown
  std::string declared_type;   ///< as written in the source: "spinlock_t"
  SymbolId element_record;     ///< of the elements behind a pointer or in a container
  std::string bound_text;      ///< array bound as written: "MAX_THREADS", "64 - sizeof(T) % 64"
  std::string alignas_text;    ///< operand of the alignment as written
  SourcePos position;

  bool operator==(const SourceField&) const = default;
};

struct SourceBase {
  SymbolId record;
  uint64_t offset_bits = 0;
  bool is_virtual = false;  ///< then offset_bits is unknown (0)

  bool operator==(const SourceBase&) const = default;
};

struct SourceRecord {
  SymbolId symbol;
  std::string name;  ///< qualified, with template arguments
  SymbolId pattern;  ///< of an instantiation: the template; else invalid
  uint64_t size_bytes = 0;
  uint64_t align_bytes = 0;
  bool is_union = false;
  bool is_lambda = false;
  bool has_layout = false;  ///< false: dependent or broken by errors; offsets mean nothing
  bool is_in_system_header = false;
  bool is_layout_assumed = false;   ///< sizes of some members are unknown: one word each
  uint64_t alignas_bytes = 0;       ///< as in SourceField, of the record itself
  std::string alignas_text;         ///< as in SourceField
  std::vector<SourceField> fields;  ///< in order of offset
  std::vector<SourceBase> bases;
  std::vector<std::string> template_arguments;
  SourcePos position;
  SourcePos end;

  bool operator==(const SourceRecord&) const = default;
};

enum class Storage : uint8_t { kGlobal, kStaticLocal, kThreadLocal, kLocal, kParameter };

/// A variable that facts refer to: globals all, locals if they are shared or hold a lock.
struct SourceVariable {
  SymbolId symbol;
  std::string name;  ///< qualified
  std::string type;
  SymbolId type_record;
  Storage storage = Storage::kGlobal;
  uint64_t size_bytes = 0;
  uint64_t align_bytes = 0;
  uint64_t array_length = 0;
  bool is_atomic = false;
  bool is_volatile = false;
  LockClass lock = LockClass::kNone;
  uint64_t alignas_bytes = 0;
  std::string declared_type;  ///< these four as in SourceField
  SymbolId element_record;
  std::string bound_text;
  std::string alignas_text;
  bool is_defined = true;  ///< false: only declared (extern) in the units that were seen
  SourcePos position;

  bool operator==(const SourceVariable&) const = default;
};

/// A typedef or alias that asks for a stricter alignment than its record has: sizeof stays.
struct SourceTypedef {
  SymbolId symbol;
  std::string name;
  SymbolId record;
  uint64_t size_bytes = 0;
  uint64_t align_bytes = 0;
  std::string alignas_text;
  SourcePos position;

  bool operator==(const SourceTypedef&) const = default;
};

/// A place where memory for objects of a record is allocated.
struct SourceAllocation {
  SymbolId record;
  SymbolId function;
  SourcePos position;
  std::string allocator;         ///< "malloc", "calloc", "new", "std::make_shared", ...
  uint64_t guarantee_bytes = 0;  ///< alignment that the allocator promises; 0: unknown
  bool is_array = false;         ///< of several objects side by side
  std::string size_text;         ///< operand that gives the size, as written
  std::string count_text;        ///< operand that gives the number of elements; "" if none

  bool operator==(const SourceAllocation&) const = default;
};

enum class FunctionKind : uint8_t { kPlain, kConstructor, kDestructor, kLambda };

struct SourceFunction {
  SymbolId symbol;
  std::string name;  ///< qualified
  FunctionKind kind = FunctionKind::kPlain;
  SymbolId record;  ///< of a member function
  bool is_main = false;
  bool is_in_system_header = false;
  bool is_virtual = false;
  bool is_uninstantiated = false;  ///< seen as the pattern of a template only
  SourcePos position;

  bool operator==(const SourceFunction&) const = default;
};

enum class SourceAccess : uint8_t { kRead, kWrite, kReadModifyWrite, kCompareExchange, kAddress };
enum class MemoryOrder : uint8_t {
  kNone,
  kRelaxed,
  kConsume,
  kAcquire,
  kRelease,
  kAcqRel,
  kSeqCst,
  kUnknown
};

/// Through what the access is made; two of one object that differ in is_atomic are mixed access.
enum class AccessForm : uint8_t {
  kPlain,
  kVolatile,
  kStdAtomic,
  kAtomicRef,
  kC11Atomic,
  kBuiltin,
  kAssembly,  ///< memory operand of inline assembly
  kPrimitive  ///< function or macro that the configuration lists
};

inline bool is_atomic_form(AccessForm form) {
  return form != AccessForm::kPlain && form != AccessForm::kVolatile;
}

/// One place in the source that reads or writes a field or a variable.
struct AccessSite {
  SymbolId object;    ///< field or variable
  SymbolId function;  ///< innermost named function or lambda it stands in
  SourcePos position;
  SourceAccess access = SourceAccess::kRead;
  AccessForm form = AccessForm::kPlain;
  MemoryOrder order = MemoryOrder::kNone;
  uint32_t loop_depth = 0;  ///< within its function
  /// Lock fields or variables held here, within this function; a function that takes a lock stands
  /// for it where its body is not seen.
  std::vector<SymbolId> locks_held;
  bool is_indexed_by_variable = false;  ///< a[i].f or p[i]: not one element but many
  bool is_initialization =
      false;          ///< constructor initialiser, or on an object local to the function
  std::string base;   ///< the spelled object expression: "this", "stats", "shards[i]"
  std::string index;  ///< innermost index on the way to the object that is no constant: "tid"
  std::vector<SymbolId> value_from;  ///< of a write: objects whose values flow into what is stored
  std::vector<SymbolId> guarded_by;  ///< objects read in the conditions around it
  bool is_in_loop_condition = false;
  bool is_result_used = false;  ///< of a read-modify-write or compare-exchange
  /// 0: of the object itself. Else of an element of that many bytes that the object, a pointer or a
  /// container, leads to: `p[i]`, `vector[i]`.
  uint64_t element_bytes = 0;

  bool operator==(const AccessSite&) const = default;
};

enum class LockMode : uint8_t { kExclusive, kShared, kTry };

/// From acquisition to release, as far as one function shows it.
struct LockRegion {
  SymbolId lock;
  LockMode mode = LockMode::kExclusive;
  SymbolId function;
  SourcePos begin;
  SourcePos end;
  uint32_t loop_depth = 0;
  std::string guard;              ///< "std::lock_guard", "lock()", "pthread_mutex_lock", ...
  std::vector<SymbolId> objects;  ///< fields and variables touched inside
  std::vector<SymbolId> calls;    ///< functions called inside

  bool operator==(const LockRegion&) const = default;
};

/// A place that starts threads, and the function that they run.
struct ThreadEntry {
  SymbolId entry;    ///< function or lambda that the thread runs
  SymbolId starter;  ///< function in which it is started
  SourcePos position;
  std::string mechanism;     ///< "std::thread", "pthread_create", "std::async", ...
  bool is_in_loop = false;   ///< then there are many threads of this role
  SymbolId argument_record;  ///< of the object that the thread gets by pointer or reference
  std::string argument;      ///< that argument as written: "&workers[i]"

  bool operator==(const ThreadEntry&) const = default;
};

enum class CallKind : uint8_t { kDirect, kVirtual, kPointer };

/// A virtual call or one through a pointer has an edge to each function that it may reach.
struct CallEdge {
  SymbolId caller;
  SymbolId callee;
  SourcePos position;
  uint32_t loop_depth = 0;
  CallKind kind = CallKind::kDirect;

  auto operator<=>(const CallEdge&) const = default;
};

/// From its condition to the end of its body.
struct SourceLoop {
  SymbolId function;
  SourcePos begin;
  SourcePos end;
  uint32_t depth = 1;       ///< 1: outermost of its function
  bool has_pause = false;   ///< gives way to others: a pause instruction, yield, sleep or wait
  bool is_counted = false;  ///< steps a counter or an iterator, as `for` mostly does

  bool operator==(const SourceLoop&) const = default;
};

enum class RemarkKind : uint8_t {
  kOrderAsOperand,    ///< a memory order stands where a value belongs
  kConstructiveSize,  ///< hardware_constructive_interference_size in an alignment or a padding
};

/// Something in the source that only its spelling tells.
struct SourceRemark {
  RemarkKind kind = RemarkKind::kOrderAsOperand;
  SymbolId object;    ///< field or variable that it is about
  SymbolId function;  ///< invalid outside of functions
  SourcePos position;
  std::string text;  ///< the expression as written

  bool operator==(const SourceRemark&) const = default;
};

/// A suppression comment or annotation: `NOLINT(quarrel-RULE): reason`.
struct Suppression {
  SourcePos position;  ///< the line that it applies to
  std::string rule;    ///< empty: all rules
  std::string reason;

  bool operator==(const Suppression&) const = default;
};

enum class UnitState : uint8_t {
  kComplete,
  kWithErrors,
  kFailed,
  kCrashed,
  kOutOfMemory,
  kTimedOut
};

/// TranslationUnit::standard of units whose facts were read from the debug information of a binary.
inline constexpr std::string_view kFromDebugInfo = "debug information";

struct TranslationUnit {
  FileId main_file;
  UnitState state = UnitState::kComplete;
  std::string reason;            ///< first error, or how the worker died
  std::string standard;          ///< "c11", "c++17", kFromDebugInfo, ...; "" if unknown
  bool has_aligned_new = false;  ///< operator new honours over-alignment (C++17)

  bool operator==(const TranslationUnit&) const = default;
};

struct SourceFacts {
  std::vector<std::string> files;    ///< relative to the project root where below it; real paths
  std::vector<bool> file_is_system;  ///< parallel to files
  std::vector<std::string> symbols;
  std::vector<SourceRecord> records;
  std::vector<SourceVariable> variables;
  std::vector<SourceTypedef> typedefs;
  std::vector<SourceAllocation> allocations;
  std::vector<SourceFunction> functions;
  std::vector<AccessSite> accesses;
  std::vector<LockRegion> lock_regions;
  std::vector<ThreadEntry> thread_entries;
  std::vector<CallEdge> calls;
  std::vector<SourceLoop> loops;
  std::vector<SourceRemark> remarks;
  std::vector<Suppression> suppressions;
  std::vector<TranslationUnit> units;

  bool operator==(const SourceFacts&) const = default;
};

}  // namespace quarrel
