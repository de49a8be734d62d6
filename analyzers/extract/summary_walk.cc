// What does a callee do to the objects that a call hands it?
//
// `add(&stats->hits, 1)` is an access to hits, in the way in which the body of add treats its
// parameter. Small callees are walked before their callers, so that this is known at the call.
#include "extract/element_use.h"
#include "extract/lock_verbs.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

bool is_character_array(CXType type) {
  const CXType element = clang_getArrayElementType(canonical(type));
  return element.kind != CXType_Invalid && clang_Type_getSizeOf(element) == 1;
}

struct MemberCount {
  int data = 0;
};

/// Padding aside, a wrapper has one member, of its own or of its base; its accesses are those of
/// the wrapper.
bool is_wrapper(CXCursor record) {
  MemberCount count;
  clang_Type_visitFields(
      canonical(type_of(record)),
      [](CXCursor field, CXClientData data) {
        static_cast<MemberCount*>(data)->data += is_character_array(type_of(field)) ? 0 : 1;
        return CXVisit_Continue;
      },
      &count);
  const std::vector<CXCursor> members = children_of(record);
  const bool inherits_data = std::any_of(members.begin(), members.end(), [](CXCursor member) {
    return clang_getCursorKind(member) == CXCursor_CXXBaseSpecifier && size_of(type_of(member)) > 1;
  });
  return count.data == 0 || (count.data == 1 && !inherits_data);
}

bool is_reference(CXType type) {
  const CXTypeKind kind = canonical(type).kind;
  return kind == CXType_LValueReference || kind == CXType_RValueReference;
}

/// Written by hand, so that a reader would look it up rather than call it a subsystem.
constexpr unsigned kMaxLines = 60;

unsigned lines_of(CXCursor definition) {
  const CXSourceRange extent = clang_getCursorExtent(definition);
  unsigned first = 0, last = 0;
  clang_getFileLocation(clang_getRangeStart(extent), nullptr, &first, nullptr, nullptr);
  clang_getFileLocation(clang_getRangeEnd(extent), nullptr, &last, nullptr, nullptr);
  return last < first ? kMaxLines : last - first;
}

}  // namespace

void FunctionWalker::declare_parameters(const std::vector<CXCursor>& children, CXCursor function) {
  int index = 0;
  for (CXCursor child : children) {
    if (clang_getCursorKind(child) != CXCursor_ParmDecl) continue;
    sites_.declare_local(child, frame().function);
    parameters_[child] = index++;
  }
  const CXCursor parent = clang_getCursorSemanticParent(function);
  is_in_wrapper_ = is_record(parent) && is_wrapper(parent);
}

/// The index of a parameter of the function that is walked; nothing of any other expression.
std::optional<int> FunctionWalker::parameter_index(CXCursor expression) const {
  if (frames_.size() != 1) return std::nullopt;
  expression = strip(expression);
  if (clang_getCursorKind(expression) != CXCursor_DeclRefExpr) return std::nullopt;
  auto found = parameters_.find(clang_getCursorReferenced(expression));
  return found == parameters_.end() ? std::nullopt : std::optional(found->second);
}

void FunctionWalker::note_parameter_access(int parameter, const ObjectUse& use) {
  if (use.is_silent || use.access == SourceAccess::kAddress) return;
  summary_.note({parameter, use.access, use.form, use.order});
}

/// What a pointer leads to is used: `*p`, or the first operand of an atomic builtin.
void FunctionWalker::visit_pointee(CXCursor pointer, const ObjectUse& use) {
  const CXCursor bare = strip(pointer);
  const CXCursor target = address_target(bare);
  if (clang_equalCursors(target, bare) == 0) return visit(target, use);
  ObjectUse element = use;
  element.is_element = true;
  const IndexedElement indexed = indexed_element(bare);
  if (!is_null(indexed.base) && clang_getCursorKind(bare) == CXCursor_BinaryOperator) {
    visit(indexed.index);
    const bool is_variable = evaluate(indexed.index, -1) < 0;
    element.is_indexed |= is_variable;
    if (is_variable && is_null(use.index)) element.index = indexed.index;
    return visit_pointee(indexed.base, element);
  }
  if (clang_getArrayElementType(canonical(type_of(bare))).kind != CXType_Invalid)
    return visit(bare, element);
  if (clang_getCursorKind(bare) == CXCursor_ConditionalOperator) return visit_either(bare, use);
  if (clang_getCursorKind(bare) == CXCursor_DeclRefExpr) visit_pointer_alias(bare, use);
  if (const auto parameter = parameter_index(bare)) note_parameter_access(*parameter, use);
  visit(bare, use_of_holder(use, clang_getPointeeType(canonical(type_of(bare)))));
}

void FunctionWalker::visit_either(CXCursor conditional, const ObjectUse& use) {
  const std::vector<CXCursor> parts = expressions_in(conditional);
  for (size_t i = 0; i < parts.size(); ++i)
    i == 0 && parts.size() == 3 ? visit(parts[i]) : visit_pointee(parts[i], use);
}

/// After `p = &s->hits`, `*p` is hits.
void FunctionWalker::visit_pointer_alias(CXCursor reference, const ObjectUse& use) {
  const CXCursor variable = clang_getCursorReferenced(reference);
  auto alias = pointer_aliases_.find(variable);
  if (alias == pointer_aliases_.end()) return;
  const CXCursor target = alias->second;
  const CXCursor outer = alias_use_;
  if (is_null(outer)) alias_use_ = reference;
  pointer_aliases_.erase(alias);  // `p = &*p` must not recurse for ever
  visit(target, use);
  pointer_aliases_[variable] = target;
  alias_use_ = outer;
}

void FunctionWalker::note_pointer(CXCursor variable, CXCursor value) {
  if (!is_private_local(variable) || canonical(type_of(variable)).kind != CXType_Pointer) return;
  const CXCursor bare = strip(value);
  const CXCursor target = address_target(bare);
  if (clang_equalCursors(target, bare) != 0)
    pointer_aliases_.erase(variable);
  else
    pointer_aliases_[variable] = target;
}

/// The summary of a callee whose body is here, which is walked first if that has not been done.
const FunctionSummary* FunctionWalker::summary_of(CXCursor callee) {
  const CXCursor definition = clang_getCursorDefinition(callee);
  if (is_null(definition) || lines_of(definition) > kMaxLines) return nullptr;
  around_.walk_first(definition);
  auto found = around_.summaries.find(unit_.function_symbol(definition));
  return found == around_.summaries.end() ? nullptr : &found->second;
}

/// True if the callee is known to access the argument, which has been recorded then.
bool FunctionWalker::visit_by_summary(const FunctionSummary* summary, CXCursor callee,
                                      int parameter, CXCursor argument, const ObjectUse& call_use) {
  if (summary == nullptr || !summary->touches(parameter)) return false;
  const bool is_object = parameter == kThisParameter;
  const CXCursor declared =
      is_object ? null_cursor()
                : clang_Cursor_getArgument(callee, static_cast<unsigned>(parameter));
  const bool is_lvalue = is_object || is_reference(type_of(declared));
  const std::vector<ParameterAccess> accesses = summary->accesses;  // a walk may add summaries
  for (const ParameterAccess& each : accesses) {
    if (each.parameter != parameter) continue;
    ObjectUse use = call_use;
    use.access = each.access;
    use.form = each.form;
    use.order = each.order;
    is_lvalue ? visit(argument, use) : visit_pointee(argument, use);
  }
  return true;
}

/// A method of a wrapper that calls another one of the same object does what that does.
bool FunctionWalker::visit_own_method(const FunctionSummary* summary, CXCursor base) {
  const bool is_own = is_null(base) || clang_getCursorKind(strip(base)) == CXCursor_CXXThisExpr;
  if (is_own && is_in_wrapper_ && frames_.size() == 1 && summary != nullptr)
    for (const ParameterAccess& each : std::vector<ParameterAccess>(summary->accesses))
      if (each.parameter == kThisParameter) summary_.note(each);
  return is_null(base);
}

/// Invalid if the call does not tell.
SymbolId FunctionWalker::lock_of(const LockEffect& effect, CXCursor call) {
  const int count = clang_Cursor_getNumArguments(call);
  if (effect.lock.is_valid() || effect.parameter < 0 || effect.parameter >= count)
    return effect.lock;
  return lock_symbol(clang_Cursor_getArgument(call, static_cast<unsigned>(effect.parameter)));
}

void FunctionWalker::apply_lock_effects(const FunctionSummary& summary, CXCursor call) {
  const std::vector<LockEffect> effects = summary.locks;
  for (const LockEffect& effect : effects) {
    const SymbolId lock = lock_of(effect, call);
    if (!lock.is_valid()) continue;
    if (effect.is_acquired)
      frame().locks.acquire(make_region(lock, effect.mode, spelling_of(call) + "()", call),
                            null_cursor());
    else
      frame().locks.release(lock, unit_.position(call));
  }
}

/// What the guard holds that a callee returns: `auto lock = acquire();`
std::vector<LockRegion> FunctionWalker::returned_by(CXCursor guard, CXCursor at) {
  std::vector<LockRegion> regions;
  const CXCursor call = guard_source(guard);
  const CXCursor callee = clang_getCursorReferenced(call);
  if (clang_getCursorKind(call) != CXCursor_CallExpr || is_null(callee)) return regions;
  const FunctionSummary* summary = summary_of(callee);
  if (summary == nullptr) return regions;
  for (const LockEffect& effect : std::vector<LockEffect>(summary->returned_locks))
    if (const SymbolId lock = lock_of(effect, call); lock.is_valid())
      regions.push_back(make_region(lock, effect.mode, spelling_of(call) + "()", at));
  return regions;
}

/// `STATS_LOCK()` ... `STATS_UNLOCK()`, `item_lock(hash)` ... `item_unlock(hash)`, whose bodies
/// other units have: the function that takes the lock stands for the lock.
void FunctionWalker::apply_opaque_lock(CXCursor call) {
  const CXCursor callee = clang_getCursorReferenced(call);
  if (is_null(callee) || clang_getCursorKind(callee) != CXCursor_FunctionDecl) return;
  if (is_in_system_header(callee) || !is_null(clang_getCursorDefinition(callee))) return;
  const std::string name = spelling_of(callee);
  const auto verb = lock_verb_of(name);
  if (!verb || verb->step == LockStep::kTry) return;
  SymbolId& lock = opaque_locks_[name_without_lock_verb(name)];
  if (verb->step == LockStep::kAcquire) {
    lock = unit_.function_symbol(callee);
    frame().locks.acquire(make_region(lock, verb->mode, name + "()", call), null_cursor());
  } else if (lock.is_valid()) {
    frame().locks.release(lock, unit_.position(call));
  }
}

LockEffect FunctionWalker::effect_of(SymbolId lock, LockMode mode, bool is_acquired) const {
  LockEffect effect{.lock = lock, .is_acquired = is_acquired, .mode = mode};
  for (const auto& [parameter, index] : parameters_)
    if (unit_.symbol_of(parameter) == lock) effect = {{}, index, is_acquired, mode};
  return effect;
}

/// Locks that are still held at the end, and those that were released without being held.
void FunctionWalker::summarise_locks() {
  for (const LockTracker::Held& held : frame().locks.state()) {
    const LockMode mode = frame().locks.mode_of(held);
    if (is_null(held.guard) && mode != LockMode::kTry)
      summary_.locks.push_back(effect_of(held.lock, mode, true));
  }
  for (SymbolId lock : frame().locks.released_unheld())
    summary_.locks.push_back(effect_of(lock, LockMode::kExclusive, false));
}

}  // namespace quarrel
