// Where do the facts of one translation unit gather, each entity once?
#include "extract/unit_facts.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

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

/// N of `alignas(N)` and `aligned(N)` if N is a literal. libclang shows no operand, and of alignas
/// only the keyword, so the tokens up to the end of the declaration are read.
std::optional<uint64_t> literal_of(CXCursor attribute, CXCursor declaration) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(attribute);
  const CXSourceRange range = clang_getRange(clang_getRangeStart(clang_getCursorExtent(attribute)),
                                             clang_getRangeEnd(clang_getCursorExtent(declaration)));
  CXToken* tokens = nullptr;
  unsigned count = 0;
  clang_tokenize(unit, range, &tokens, &count);
  std::optional<uint64_t> value;
  const bool is_literal = count > 3 && clang_getTokenKind(tokens[2]) == CXToken_Literal &&
                          take(clang_getTokenSpelling(unit, tokens[3])) == ")";
  if (is_literal)
    value = std::strtoull(take(clang_getTokenSpelling(unit, tokens[2])).c_str(), nullptr, 0);
  clang_disposeTokens(unit, tokens, count);
  return value.value_or(0) == 0 ? std::nullopt : value;
}

FunctionKind kind_of(CXCursor function) {
  switch (clang_getCursorKind(function)) {
    case CXCursor_Constructor:
      return FunctionKind::kConstructor;
    case CXCursor_Destructor:
      return FunctionKind::kDestructor;
    default:
      return FunctionKind::kPlain;
  }
}

Storage storage_of(CXCursor variable) {
  if (clang_getCursorTLSKind(variable) != CXTLS_None) return Storage::kThreadLocal;
  if (clang_getCursorKind(variable) == CXCursor_ParmDecl) return Storage::kParameter;
  const bool is_in_function = is_function(clang_getCursorSemanticParent(variable));
  if (!is_in_function) return Storage::kGlobal;
  const bool is_static = clang_Cursor_getStorageClass(variable) == CX_SC_Static ||
                         clang_Cursor_getStorageClass(variable) == CX_SC_Extern;
  return is_static ? Storage::kStaticLocal : Storage::kLocal;
}

}  // namespace

uint64_t alignas_of(CXCursor declaration) {
  uint64_t strictest = 0;
  for (CXCursor child : children_of(declaration))
    if (clang_getCursorKind(child) == CXCursor_AlignedAttr)
      strictest = std::max(strictest, literal_of(child, declaration).value_or(1));
  return strictest;
}

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
      .record = is_record(parent) ? symbol_of(parent) : SymbolId{},
      .is_main = spelling_of(function) == "main" && !is_record(parent),
      .is_in_system_header = quarrel::is_in_system_header(function),
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

SymbolId UnitFacts::variable_symbol(CXCursor variable) {
  const SymbolId symbol = symbol_of(variable);
  const CXCursor canonical_cursor = clang_getCanonicalCursor(variable);
  if (!variables_.insert(canonical_cursor).second) return symbol;
  const CXCursor definition = clang_getCursorDefinition(variable);
  const CXCursor best = is_null(definition) ? variable : definition;
  const CXType type = type_of(best);
  const TypeFacts described = facts_of_type(type);
  const bool has_user_record =
      !is_null(described.record) && !quarrel::is_in_system_header(described.record);
  facts.variables.push_back({
      .symbol = symbol,
      .name = qualified_name(best),
      .type = type_name(type),
      .type_record = has_user_record ? symbol_of(described.record) : SymbolId{},
      .storage = storage_of(best),
      .size_bytes = size_of(type),
      .align_bytes = align_of(type),
      .array_length = described.array_length,
      .is_atomic = described.is_atomic,
      .is_volatile = described.is_volatile,
      .lock = described.lock,
      .alignas_bytes = alignas_of(best),
      .position = position(best),
  });
  return symbol;
}

}  // namespace quarrel
