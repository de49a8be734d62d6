// What are the facts of one translation unit?
#include "extract/unit.h"

#include <unistd.h>

#include <deque>
#include <string_view>

#include "extract/diagnostics.h"
#include "extract/function_walk.h"
#include "extract/language_standard.h"
#include "extract/names.h"
#include "extract/pointer_targets.h"
#include "extract/suppressions.h"
#include "extract/text_place.h"

namespace quarrel {
namespace {

/// Walks the declarations of a translation unit outside of system headers, and the instantiated
/// functions that they lead to: libclang shows those only to who follows a call.
class UnitWalker {
 public:
  explicit UnitWalker(UnitFacts& unit) : unit_(unit), records_(unit) {}

  void walk(CXTranslationUnit translation_unit) {
    for (CXCursor child : children_of(clang_getTranslationUnitCursor(translation_unit)))
      if (!is_in_system_header(child)) visit(child);
    visit_pending();
    // Only now is it known which templates nobody instantiates.
    is_walking_patterns_ = true;
    for (CXCursor pattern : patterns_) visit_function(pattern);
    visit_pending();
  }

 private:
  void visit_pending() {
    while (!pending_.empty()) {
      const CXCursor next = pending_.front();
      pending_.pop_front();
      if (is_record(next))
        visit_record(next);
      else
        visit_function(next);
    }
  }

  void visit(CXCursor cursor) {
    if (is_function_like(cursor)) return visit_function(cursor);
    if (is_record(cursor)) return visit_record(cursor);
    switch (clang_getCursorKind(cursor)) {
      case CXCursor_VarDecl:
        return visit_variable(cursor);
      case CXCursor_TypedefDecl:
      case CXCursor_TypeAliasDecl:
        return visit_typedef(cursor);
      case CXCursor_ClassTemplate:
      case CXCursor_ClassTemplatePartialSpecialization:
        return visit_pattern(cursor);
      case CXCursor_Namespace:
      case CXCursor_LinkageSpec:
      case CXCursor_UnexposedDecl:
      case CXCursor_FriendDecl:
        for (CXCursor child : children_of(cursor)) visit(child);
        return;
      default:
        return;
    }
  }

  void visit_function(CXCursor function) {
    const CXCursor definition = clang_getCursorDefinition(function);
    if (is_null(definition) || is_in_system_header(definition)) return;
    if (is_dependent(definition) && !is_walking_patterns_) return patterns_.push_back(definition);
    if (instantiated_.contains(clang_getCanonicalCursor(definition))) return;
    if (!functions_.insert(definition).second) return;
    note_instantiation(definition);
    note_overridden(definition);
    for (int i = 0; i < clang_Cursor_getNumArguments(definition); ++i)
      records_.add_type(type_of(clang_Cursor_getArgument(definition, static_cast<unsigned>(i))));
    FunctionWalker(around_).walk(definition);
  }

  /// An instantiated function tells all that its template would, and what its arguments are.
  void note_instantiation(CXCursor function) {
    for (CXCursor pattern = clang_getSpecializedCursorTemplate(function); !is_null(pattern);
         pattern = clang_getSpecializedCursorTemplate(pattern))
      instantiated_.insert(clang_getCanonicalCursor(pattern));
  }

  /// A chain of calls that is longer is not followed to its end: the stack has one.
  void walk_first(CXCursor callee) {
    constexpr int kMaxDepth = 16;
    if (depth_ >= kMaxDepth) return;
    ++depth_;
    visit_function(callee);
    --depth_;
  }

  /// A call of a virtual method may run any of its overriders.
  void note_overridden(CXCursor method) {
    CXCursor* overridden = nullptr;
    unsigned count = 0;
    clang_getOverriddenCursors(method, &overridden, &count);
    for (unsigned i = 0; i < count; ++i)
      if (!is_in_system_header(overridden[i]))
        unit_.facts.calls.push_back({.caller = unit_.function_symbol(overridden[i]),
                                     .callee = unit_.function_symbol(method),
                                     .position = unit_.position(method),
                                     .kind = CallKind::kVirtual});
    clang_disposeOverriddenCursors(overridden);
  }

  void visit_record(CXCursor record) {
    if (is_dependent(record) || !clang_isCursorDefinition(record)) return;
    records_.add_declaration(record);
    add_annotations(unit_, record);
    for (CXCursor child : children_of(record)) {
      if (clang_getCursorKind(child) == CXCursor_FieldDecl)
        add_annotations(unit_, child);
      else
        visit(child);
    }
  }

  void visit_pattern(CXCursor pattern) {
    if (is_in_system_header(pattern)) return;
    records_.add_pattern(pattern);
    add_annotations(unit_, pattern);
    for (CXCursor child : children_of(pattern)) {
      if (clang_getCursorKind(child) == CXCursor_FieldDecl)
        add_annotations(unit_, child);
      else if (is_record(child) && clang_Cursor_isAnonymousRecordDecl(child) == 0)
        visit_pattern(child);
      else if (is_function_like(child))
        visit_function(child);
    }
  }

  void visit_variable(CXCursor variable) {
    if (is_dependent(variable)) return;
    unit_.variable_symbol(variable);
    records_.add_type(type_of(variable));
    add_annotations(unit_, variable);
    for (CXCursor value : initialiser_of(variable)) enter_initial_targets(unit_, value);
  }

  /// `typedef Shard<int> IntShard;` instantiates nothing, but `typedef struct {...} S;` defines.
  void visit_typedef(CXCursor declaration) {
    records_.add_type(clang_getTypedefDeclUnderlyingType(declaration));
    records_.add_typedef(declaration);
  }

  UnitFacts& unit_;
  RecordExtractor records_;
  CursorSet functions_;
  CursorSet instantiated_;  ///< patterns
  std::vector<CXCursor> patterns_;
  bool is_walking_patterns_ = false;
  std::deque<CXCursor> pending_;
  FunctionSummaries summaries_;
  int depth_ = 0;
  WalkContext around_{unit_, records_, summaries_,
                      [this](CXCursor met) { pending_.push_back(met); },
                      [this](CXCursor callee) { walk_first(callee); }};
};

struct Inclusions {
  UnitFacts& unit;
  CXTranslationUnit translation_unit;
  std::vector<std::string>& files;
};

void read_inclusion(CXFile file, CXSourceLocation*, unsigned, CXClientData data) {
  auto& [unit, translation_unit, files] = *static_cast<Inclusions*>(data);
  files.push_back(real_path(take(clang_getFileName(file))));
  const std::string_view content = text_of_file(translation_unit, file);
  if (content.find("NOLINT") == std::string_view::npos) return;
  const CXSourceLocation start = clang_getLocationForOffset(translation_unit, file, 0);
  if (clang_Location_isInSystemHeader(start)) return;
  add_comment_suppressions(unit.facts, unit.files.position(start).file, content);
}

void mark_found_locks(UnitFacts& unit) {
  const auto mark = [&](auto& object) {
    auto found = unit.found_locks.find(object.symbol);
    if (found != unit.found_locks.end() && object.lock == LockClass::kNone)
      object.lock = found->second;
  };
  for (SourceRecord& record : unit.facts.records)
    for (SourceField& field : record.fields) mark(field);
  for (SourceVariable& variable : unit.facts.variables) mark(variable);
}

void walk_unit(UnitFacts& unit, CXTranslationUnit translation_unit,
               std::vector<std::string>& files) {
  UnitWalker(unit).walk(translation_unit);
  mark_found_locks(unit);
  apply_diagnostics(unit, translation_unit);
  Inclusions inclusions{unit, translation_unit, files};
  clang_getInclusions(translation_unit, read_inclusion, &inclusions);
}

TranslationUnit describe_unit(UnitFacts& unit, const CompileCommand& command) {
  const LanguageStandard standard = language_standard_of(command.arguments, command.file);
  return {.main_file = unit.files.add_path(command.file, false),
          .standard = standard.name,
          .has_aligned_new = standard.has_aligned_new};
}

CXErrorCode parse(CXIndex index, const CompileCommand& command, CXTranslationUnit* parsed) {
  std::vector<const char*> arguments;
  for (const std::string& argument : command.arguments) arguments.push_back(argument.c_str());
  return clang_parseTranslationUnit2FullArgv(index, command.file.c_str(), arguments.data(),
                                             static_cast<int>(arguments.size()), nullptr, 0,
                                             CXTranslationUnit_KeepGoing, parsed);
}

}  // namespace

SourceFacts extract_unit(const CompileCommand& command, const std::string& root,
                         std::vector<std::string>& files) {
  const bool has_folder = chdir(command.directory.c_str()) == 0;
  CXIndex index = clang_createIndex(/*excludeDeclarationsFromPCH=*/0, /*displayDiagnostics=*/0);
  CXTranslationUnit parsed = nullptr;
  const CXErrorCode error = has_folder ? parse(index, command, &parsed) : CXError_Failure;
  UnitFacts unit(root, parsed);
  unit.facts.units.push_back(describe_unit(unit, command));
  TranslationUnit& state = unit.facts.units[0];
  if (parsed != nullptr && error == CXError_Success) {
    walk_unit(unit, parsed, files);
  } else {
    state.state = error == CXError_Crashed ? UnitState::kCrashed : UnitState::kFailed;
    state.reason = !has_folder                ? "the folder of its compile command does not exist"
                   : error == CXError_Crashed ? "clang crashed while parsing"
                                              : "clang could not be started on its compile command";
  }
  if (parsed != nullptr) clang_disposeTranslationUnit(parsed);
  clang_disposeIndex(index);
  return std::move(unit.facts);
}

}  // namespace quarrel
