// Where do the facts of one translation unit gather, each entity once?
#include "extract/unit_facts.h"

#include "extract/alignment.h"
#include "extract/declared_facts.h"
#include "extract/element_type.h"
#include "extract/names.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// True for a record that stands in a source file, and for its members: another program of the
/// same build may have a different one of the same name.
bool belongs_to_main_file(CXCursor declaration) {
  for (; is_record(declaration) || is_record(clang_getCursorSemanticParent(declaration));
       declaration = clang_getCursorSemanticParent(declaration)) {
    if (!is_record(declaration)) continue;
    const CXCursor definition = clang_getCursorDefinition(declaration);
    if (is_null(definition)) return false;
    if (clang_Location_isFromMainFile(clang_getCursorLocation(definition)) != 0) return true;
  }
  return false;
}

bool has_unique_usr(CXCursor declaration, const std::string& usr) {
  if (clang_getCursorLinkage(declaration) != CXLinkage_External) return false;
  // "@Sa", "@Ua", ... are unnamed records: named by base name and offset only.
  if (usr.find("@Sa") != std::string::npos || usr.find("@Ua") != std::string::npos) return false;
  if (belongs_to_main_file(declaration) || usr == "c:@F@main" || usr.starts_with("c:@F@main#"))
    return false;
  if (is_function(declaration) || is_variable(declaration)) return true;
  // libclang calls every field a thing of C; its record knows better.
  const bool is_field = clang_getCursorKind(declaration) == CXCursor_FieldDecl;
  const CXCursor record = is_field ? clang_getCursorSemanticParent(declaration) : declaration;
  return clang_getCursorLanguage(record) == CXLanguage_CPlusPlus;
}

FunctionKind kind_of(CXCursor function) {
  const CXCursorKind kind = clang_getCursorKind(function);
  switch (kind == CXCursor_FunctionTemplate ? clang_getTemplateCursorKind(function) : kind) {
    case CXCursor_Constructor:
      return FunctionKind::kConstructor;
    case CXCursor_Destructor:
      return FunctionKind::kDestructor;
    default:
      return FunctionKind::kPlain;
  }
}

bool is_pattern(CXCursor declaration) {
  const CXCursorKind kind = clang_getCursorKind(declaration);
  return kind == CXCursor_ClassTemplate || kind == CXCursor_ClassTemplatePartialSpecialization;
}

Storage storage_of(CXCursor variable) {
  if (clang_getCursorTLSKind(variable) != CXTLS_None) return Storage::kThreadLocal;
  if (clang_getCursorKind(variable) == CXCursor_ParmDecl) return Storage::kParameter;
  const bool is_in_function = is_function_like(clang_getCursorSemanticParent(variable));
  if (!is_in_function) return Storage::kGlobal;
  const bool is_static = clang_Cursor_getStorageClass(variable) == CX_SC_Static ||
                         clang_Cursor_getStorageClass(variable) == CX_SC_Extern;
  return is_static ? Storage::kStaticLocal : Storage::kLocal;
}

/// In C `int a;` is a definition though clang calls it tentative and not one.
bool is_defined(CXCursor variable) {
  if (clang_isCursorDefinition(variable) != 0) return true;
  const bool is_member = is_record(clang_getCursorSemanticParent(variable));
  return !is_member && clang_Cursor_getStorageClass(variable) != CX_SC_Extern;
}

}  // namespace

std::string UnitFacts::key_of(CXCursor declaration) {
  if (is_record(declaration)) {
    const CXCursor definition = clang_getCursorDefinition(declaration);
    if (!is_null(definition)) declaration = definition;
  } else {
    declaration = clang_getCanonicalCursor(declaration);
  }
  const std::string usr = without_paths(take(clang_getCursorUSR(declaration)));
  if (has_unique_usr(declaration, usr)) return usr;
  return usr + "|" + files.path_at(clang_getCursorLocation(declaration));
}

SymbolId UnitFacts::intern(std::string key) {
  auto [place, is_new] =
      by_key_.try_emplace(std::move(key), SymbolId{uint32_t(facts.symbols.size())});
  if (is_new) facts.symbols.push_back(place->first);
  return place->second;
}

SymbolId UnitFacts::symbol_of(CXCursor declaration) {
  auto known = by_cursor_.find(declaration);
  if (known != by_cursor_.end()) return known->second;
  const SymbolId symbol = intern(key_of(declaration));
  by_cursor_.emplace(declaration, symbol);
  return symbol;
}

SymbolId UnitFacts::lambda_symbol(CXSourceLocation location) {
  const SourcePos place = files.position(location);
  return intern("lambda|" + files.path_at(location) + ":" + std::to_string(place.line) + ":" +
                std::to_string(place.column));
}

SymbolId UnitFacts::function_symbol(CXCursor function) {
  const CXCursor lambda = lambda_class_of(function);
  if (!is_null(lambda)) return lambda_symbol(clang_getCursorLocation(lambda));
  const SymbolId symbol = symbol_of(function);
  if (!functions_.insert(clang_getCanonicalCursor(function)).second) return symbol;
  const CXCursor parent = clang_getCursorSemanticParent(function);
  facts.functions.push_back({
      .symbol = symbol,
      .name = qualified_name(function),
      .kind = kind_of(function),
      .record = is_record(parent) || is_pattern(parent) ? symbol_of(parent) : SymbolId{},
      .is_main = spelling_of(function) == "main" && !is_record(parent),
      .is_in_system_header = quarrel::is_in_system_header(function),
      .is_virtual = clang_CXXMethod_isVirtual(function) != 0,
      .is_uninstantiated = is_dependent(function),
      .position = position(clang_getCanonicalCursor(function)),
  });
  return symbol;
}

SymbolId UnitFacts::lambda_function(CXCursor lambda, const std::string& enclosing_name) {
  const SymbolId symbol = lambda_symbol(clang_getCursorLocation(lambda));
  if (!lambdas_.emplace(symbol, true).second) return symbol;
  facts.functions.push_back({
      .symbol = symbol,
      .name = enclosing_name + "::(lambda)",
      .kind = FunctionKind::kLambda,
      .position = position(lambda),
  });
  return symbol;
}

SymbolId UnitFacts::region_function(CXCursor statement, const std::string& enclosing_name,
                                    const std::string& kind) {
  const SymbolId symbol = lambda_symbol(clang_getCursorLocation(statement));
  if (!lambdas_.emplace(symbol, true).second) return symbol;
  facts.functions.push_back({
      .symbol = symbol,
      .name = enclosing_name + "::(" + kind + ")",
      .kind = FunctionKind::kLambda,
      .position = position(statement),
  });
  return symbol;
}

const std::vector<OpenMpDirective>& UnitFacts::openmp_directives(CXCursor in_file) {
  CXFile file = nullptr;
  clang_getFileLocation(clang_getCursorLocation(in_file), &file, nullptr, nullptr, nullptr);
  auto [place, is_new] = directives_.try_emplace(position(in_file).file);
  size_t size = 0;
  const char* text =
      is_new && file != nullptr
          ? clang_getFileContents(clang_Cursor_getTranslationUnit(in_file), file, &size)
          : nullptr;
  if (text != nullptr) place->second = quarrel::openmp_directives({text, size});
  return place->second;
}

SymbolId UnitFacts::user_record(CXCursor record) {
  const bool is_known = !is_null(record) && !quarrel::is_in_system_header(record);
  return is_known ? symbol_of(record) : SymbolId{};
}

void UnitFacts::remark_constructive_size(SymbolId object, CXCursor declaration,
                                         const std::string& alignment, const std::string& bound) {
  for (const std::string& text : {alignment, bound})
    if (constants.is_constructive(text))
      facts.remarks.push_back({.kind = RemarkKind::kConstructiveSize,
                               .object = object,
                               .position = position(declaration),
                               .text = text});
}

SymbolId UnitFacts::variable_symbol(CXCursor variable) {
  const SymbolId symbol = symbol_of(variable);
  auto [place, is_new] =
      variables_.try_emplace(clang_getCanonicalCursor(variable), facts.variables.size());
  const CXCursor definition = clang_getCursorDefinition(variable);
  const CXCursor best = is_null(definition) ? variable : definition;
  if (is_new) {
    facts.variables.push_back(describe_variable(best, symbol));
  } else {
    // In C the definition may be one that clang takes for tentative, and come after an extern one.
    SourceVariable& known = facts.variables[place->second];
    if (known.is_defined || !is_defined(best)) return symbol;
    known = describe_variable(best, symbol);
  }
  const SourceVariable& entered = facts.variables[place->second];
  remark_constructive_size(symbol, best, entered.alignas_text, entered.bound_text);
  return symbol;
}

SourceVariable UnitFacts::describe_variable(CXCursor declaration, SymbolId symbol) {
  const CXType type = type_of(declaration);
  const TypeFacts described = facts_of_type(type);
  const Alignment alignment = alignment_of(declaration, constants);
  return {
      .symbol = symbol,
      .name = qualified_name(declaration),
      .type = type_name(type),
      .type_record = user_record(described.record),
      .storage = storage_of(declaration),
      .size_bytes = size_of(type),
      .align_bytes = align_of(type),
      .array_length = described.array_length,
      .is_atomic = described.is_atomic,
      .is_volatile = described.is_volatile,
      .lock = described.lock,
      .alignas_bytes = alignment.bytes,
      .declared_type = declared_type_of(declaration),
      .element_record = user_record(element_record_of(type)),
      .bound_text = bound_text_of(declaration),
      .alignas_text = alignment.text,
      .is_defined = is_defined(declaration),
      .position = position(declaration),
  };
}

}  // namespace quarrel
