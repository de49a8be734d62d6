// Where do the facts of one translation unit gather, each entity once?
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include "extract/cursor.h"
#include "extract/source_files.h"
#include "model/source_facts.h"

namespace quarrel {

/// The facts of one translation unit as they grow, with the tables that give ids to libclang's
/// cursors.
class UnitFacts {
 public:
  explicit UnitFacts(std::string root) : files(facts, std::move(root)) {}

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

  /// Enters a variable into `variables`, once.
  SymbolId variable_symbol(CXCursor variable);

  SourcePos position(CXCursor cursor) { return files.position(clang_getCursorLocation(cursor)); }

  SourceFacts facts;
  SourceFiles files;
  std::unordered_set<SymbolId> spin_flags;  ///< flags that code spins on: they are locks

 private:
  SymbolId intern(std::string key);
  std::string key_of(CXCursor declaration);

  CursorMap<SymbolId> by_cursor_;
  std::unordered_map<std::string, SymbolId> by_key_;
  CursorSet functions_;
  CursorSet variables_;
  std::unordered_map<SymbolId, bool> lambdas_;
};

/// The number in an alignas or aligned attribute among the children of `declaration`: 0 without
/// one, 1 if there is one whose value libclang does not give away.
uint64_t alignas_of(CXCursor declaration);

}  // namespace quarrel
