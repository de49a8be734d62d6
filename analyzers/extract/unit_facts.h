// Where do the facts of one translation unit gather, each entity once?
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "extract/constant_text.h"
#include "extract/cursor.h"
#include "extract/openmp.h"
#include "extract/source_files.h"
#include "model/source_facts.h"

namespace quarrel {

/// The facts of one translation unit as they grow, with the tables that give ids to libclang's
/// cursors.
class UnitFacts {
 public:
  UnitFacts(std::string root, CXTranslationUnit unit)
      : files(facts, std::move(root)), constants(unit) {}

  /// The symbol of a declaration: its USR, plus the file where the USR alone is not unique (file
  /// statics carry the base name only; equal C tags of two files share one USR).
  SymbolId symbol_of(CXCursor declaration);

  /// The symbol of a lambda, keyed by where it stands: libclang gives it no USR.
  SymbolId lambda_symbol(CXSourceLocation location);

  /// The symbol of a function or of the lambda whose call operator it is; enters it into
  /// `functions`.
  SymbolId function_symbol(CXCursor function);

  /// Enters a lambda into `functions`.
  SymbolId lambda_function(CXCursor lambda_expression, const std::string& enclosing_name);

  /// The symbol of a record, if users can change it: not of a system header, and no null cursor.
  SymbolId user_record(CXCursor record);

  /// Enters a remark if the size that only data used together should span stands in one of the
  /// operands of a declaration.
  void remark_constructive_size(SymbolId object, CXCursor declaration, const std::string& alignment,
                                const std::string& bound);

  /// Enters a statement that threads run into `functions`.
  SymbolId region_function(CXCursor statement, const std::string& enclosing_name,
                           const std::string& kind);

  /// A symbol for what has no declaration.
  SymbolId named_symbol(const std::string& name) { return intern(name); }

  /// Of the file of a location, which is read once.
  const std::vector<OpenMpDirective>& openmp_directives(CXCursor in_file);

  /// Enters a variable into `variables`, once.
  SymbolId variable_symbol(CXCursor variable);

  SourcePos position(CXCursor cursor) { return files.position(clang_getCursorLocation(cursor)); }

  SourceFacts facts;
  SourceFiles files;
  ConstantText constants;  ///< values of what stands in alignas and attributes
  std::unordered_map<SymbolId, LockClass> found_locks;  ///< by what is done to them, as spinning

 private:
  SymbolId intern(std::string key);
  std::string key_of(CXCursor declaration);
  SourceVariable describe_variable(CXCursor declaration, SymbolId symbol);

  std::unordered_map<FileId, std::vector<OpenMpDirective>> directives_;
  CursorMap<SymbolId> by_cursor_;
  std::unordered_map<std::string, SymbolId> by_key_;
  CursorSet functions_;
  CursorMap<size_t> variables_;  ///< canonical declaration -> place in `variables`
  std::unordered_map<SymbolId, bool> lambdas_;
};

}  // namespace quarrel
