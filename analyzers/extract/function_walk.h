// What does the body of a function read, write, lock, call and start?
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "extract/atomic_operation.h"
#include "extract/function_summary.h"
#include "extract/lock_calls.h"
#include "extract/lock_tracker.h"
#include "extract/loop_shape.h"
#include "extract/object_path.h"
#include "extract/openmp.h"
#include "extract/records.h"
#include "extract/site_recorder.h"
#include "extract/thread_starts.h"
#include "extract/unit_facts.h"
#include "extract/value_flow.h"

namespace quarrel {

/// What the surrounding expression does to the object that an expression denotes.
struct ObjectUse {
  SourceAccess access = SourceAccess::kRead;
  AccessForm form = AccessForm::kPlain;
  MemoryOrder order = MemoryOrder::kNone;
  bool is_silent = false;                     ///< recorded elsewhere
  bool is_element = false;                    ///< one element of the object, an array
  bool is_indexed = false;                    ///< by an index that is no constant
  CXCursor index{};                           ///< that index
  bool is_result_used = false;                ///< of a read-modify-write
  const ValueFlow::Sources* value = nullptr;  ///< what flows into the stored value
  CXType pointed{};  ///< unless invalid: used is an element of that type that the object leads to
};

/// What the walks of all functions of a unit have in common.
struct WalkContext {
  UnitFacts& unit;
  RecordExtractor& records;
  FunctionSummaries& summaries;
  std::function<void(CXCursor)> on_definition;  ///< functions and local classes, to be walked later
  std::function<void(CXCursor)> walk_first;     ///< a callee, unless it has been or is being walked
};

/// Walks one function definition with its lambdas, in source order.
/// statement_walk.cc has statements and declarations, expression_walk.cc expressions, call_walk.cc
/// calls with their atomics, locks and threads.
class FunctionWalker {
 public:
  explicit FunctionWalker(WalkContext& around)
      : around_(around), unit_(around.unit), records_(around.records), sites_(around.unit) {}

  void walk(CXCursor function);

 private:
  /// One function or lambda that is being walked.
  struct Frame {
    SymbolId function;
    std::string name;
    FunctionKind kind = FunctionKind::kPlain;
    uint32_t loop_depth = 0;
    bool inherits_locks = false;  ///< called at once by the frame around it
    LockTracker locks;
    std::vector<ValueFlow::Sources> guards;  ///< what the conditions read that hold here
    std::vector<size_t> open_loops;          ///< indices into the loops of the facts
    std::vector<std::string> private_names;  ///< variables of which each thread has its own
  };

  Frame& frame() { return frames_.back(); }
  void finish_frame(SourcePos end);

  // Statements.
  void visit_members_initialised(const std::vector<CXCursor>& children);
  void visit_compound(CXCursor statement, bool has_value = false);
  void visit_effect(CXCursor statement);
  void visit_guarded(CXCursor statement, const ValueFlow::Sources& guard);
  ValueFlow::Sources visit_condition(CXCursor condition);
  void visit_if(CXCursor statement);
  void visit_branch(CXCursor statement);
  void visit_loop(CXCursor statement);
  void open_loop(CXCursor statement, CXCursor begin, bool is_counted);
  void close_loop();
  void note_pause();
  void visit_assembly(CXCursor statement);
  void visit_range_for(CXCursor statement);
  void visit_declaration(CXCursor declaration);
  void visit_local_variable(CXCursor variable);
  void visit_return(CXCursor statement);
  void declare_guard(CXCursor variable, const GuardDeclaration& guard);
  std::vector<LockRegion> regions_of(const GuardDeclaration& guard, CXCursor at);
  void visit_children(CXCursor cursor);

  // Expressions.
  void visit(CXCursor cursor, const ObjectUse& use = {});
  bool visit_statement(CXCursor cursor);
  void visit_member(CXCursor member, const ObjectUse& use);
  void visit_reference(CXCursor reference, const ObjectUse& use);
  void visit_subscript(CXCursor subscript, const ObjectUse& use);
  void visit_unary(CXCursor unary, const ObjectUse& use);
  void visit_binary(CXCursor binary, const ObjectUse& use);
  void visit_assignment(CXCursor assignment, CXCursor target, CXCursor value);
  void assign_local(CXCursor target, const ValueFlow::Sources& sources);
  void visit_statement_expression(CXCursor expression);
  void visit_unexposed(CXCursor expression, const ObjectUse& use);
  void visit_generic(CXCursor selection, const ObjectUse& use);
  void visit_conditional(CXCursor conditional, const ObjectUse& use);
  void visit_lambda(CXCursor lambda, bool runs_here);
  void record_access(CXCursor object, CXCursor expression, ObjectUse use);
  void note_locks(PendingSite& pending);
  void note_own_parameter(CXCursor object, CXCursor expression, const ObjectUse& use);
  void note_flow(PendingSite& pending, CXCursor object, const ObjectUse& use);
  bool is_discarded(CXCursor expression) const;
  std::string index_of(const ObjectPath& path, const ObjectUse& use) const;
  void note_fresh_pointer(CXCursor target, CXCursor value);

  // What callees do.
  void declare_parameters(const std::vector<CXCursor>& children, CXCursor function);
  std::optional<int> parameter_index(CXCursor expression) const;
  void note_parameter_access(int parameter, const ObjectUse& use);
  void visit_pointee(CXCursor pointer, const ObjectUse& use);
  void visit_either(CXCursor conditional, const ObjectUse& use);
  void visit_pointer_alias(CXCursor reference, const ObjectUse& use);
  void note_pointer(CXCursor variable, CXCursor value);
  const FunctionSummary* summary_of(CXCursor callee);
  bool visit_by_summary(const FunctionSummary* summary, CXCursor callee, int parameter,
                        CXCursor argument, const ObjectUse& call_use);
  bool visit_own_method(const FunctionSummary* summary, CXCursor base);
  LockEffect effect_of(SymbolId lock, LockMode mode, bool is_acquired) const;
  SymbolId lock_of(const LockEffect& effect, CXCursor call);
  void apply_lock_effects(const FunctionSummary& summary, CXCursor call);
  std::vector<LockRegion> returned_by(CXCursor guard, CXCursor at);
  void apply_opaque_lock(CXCursor call);
  void summarise_locks();

  // OpenMP.
  void collect_directives(CXCursor function);
  bool visit_below_directives(CXCursor statement);
  void visit_in_threads(const OpenMpDirective& directive, CXCursor statement);
  void visit_critical(const OpenMpDirective& directive, CXCursor statement);
  bool is_private_to_thread(CXCursor variable) const;

  // Calls.
  void visit_call(CXCursor call, const ObjectUse& use);
  bool shows_accesses(CXCursor call);
  void visit_atomic(const AtomicOperation& operation, CXCursor at);
  void visit_lock_call(const LockCall& lock, CXCursor call);
  ObjectUse use_of_argument(CXCursor call, CXCursor callee, int index, bool is_member_operator,
                            const ObjectUse& use) const;
  void visit_arguments(CXCursor call, const ObjectUse& use);
  void visit_callee(CXCursor call, CXCursor callee_expression, const FunctionSummary* summary,
                    const ObjectUse& call_use, const ObjectUse& use);
  void visit_argument(CXCursor argument, const ObjectUse& use, bool runs_lambda_here);
  void note_call(CXCursor call);
  void note_cast(CXCursor cast);
  void note_allocation(CXCursor expression);
  void note_order_as_operand(const AtomicOperation& operation, CXCursor at);
  void note_pointer_call(CXCursor call);
  void add_pointer_call(SymbolId callee, CXCursor call);
  void note_function_value(CXCursor holder, CXCursor value, CXCursor at);
  void apply_function_arguments(const FunctionSummary& summary, CXCursor callee, CXCursor call);
  void note_thread_start(CXCursor call);
  void enter_thread(const ThreadStart& start, CXCursor call);
  void add_thread_entry(SymbolId entry, const ThreadStart& start, CXCursor call, bool is_many);
  void describe_captures(ThreadEntry& fact, CXCursor lambda);
  void apply_thread_starts(const FunctionSummary& summary, CXCursor call);
  void note_thread_class(CXCursor method);
  ValueFlow::Sources visit_operands(const AtomicOperation& operation);
  void spin_on_flag(const AtomicOperation& operation, CXCursor at);
  SourcePos end_of(CXCursor cursor) {
    return unit_.files.position(clang_getRangeEnd(clang_getCursorExtent(cursor)));
  }
  SymbolId lock_symbol(CXCursor object);
  LockRegion make_region(SymbolId lock, LockMode mode, std::string guard, CXCursor at);

  WalkContext& around_;
  UnitFacts& unit_;
  RecordExtractor& records_;
  SiteRecorder sites_;
  std::deque<Frame> frames_;  ///< stay where they are while a lambda opens another
  CursorMap<std::pair<CXCursor, bool>> aliases_;  ///< reference variable -> what it names, indexed
  CursorSet fresh_pointers_;             ///< locals that point to an object that this function made
  CursorMap<CXCursor> pointer_aliases_;  ///< pointer variable -> what it points to
  CursorMap<int> parameters_;            ///< of the function that is walked
  CursorMap<std::vector<SymbolId>> function_targets_;  ///< local pointer -> functions
  std::deque<OpenMpDirective> directives_;             ///< ahead of what has not been walked yet
  bool is_atomic_statement_ = false;
  FunctionSummary summary_;
  CXCursor method_of_{};        ///< the class of the method that is walked
  bool is_pattern_ = false;     ///< of a template that nobody instantiates
  bool is_in_wrapper_ = false;  ///< in a method of a class with one member
  CXCursor alias_use_{};        ///< where the alias that is being followed was used
  bool is_in_loop_condition_ = false;
  ValueFlow flow_;
  CursorMap<std::string> element_index_;  ///< local that refers to an element -> its index
  CXCursor cast_call_{};                  ///< a call whose result is cast to a record pointer,
  CXType cast_type_{};                    ///< and the type of that
  std::map<std::string, SymbolId> opaque_locks_;  ///< name without its verb -> who takes the lock
  CXCursor discarded_{};                          ///< the expression whose value nobody uses
};

}  // namespace quarrel
