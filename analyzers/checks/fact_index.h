// How does a check find the facts about one symbol?
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "checks/symbol_groups.h"
#include "model/diagnosis.h"
#include "model/source_facts.h"

namespace quarrel {

struct CheckContext;

/// Lookups over SourceFacts, which must outlive it. The facts are untrusted (they may have been
/// read from a file): every id is checked, and one that names nothing yields nullptr or nothing.
class FactIndex {
 public:
  explicit FactIndex(const SourceFacts& facts);

  ~FactIndex();
  FactIndex(const FactIndex&) = delete;
  FactIndex& operator=(const FactIndex&) = delete;

  /// What the checks derive from the facts, made once for all of them at the first call.
  const CheckContext& context() const;

  const SourceFacts& facts() const { return facts_; }
  size_t symbol_count() const { return facts_.symbols.size(); }

  const SourceRecord* record(SymbolId symbol) const { return records_.first(symbol); }
  const SourceVariable* variable(SymbolId symbol) const { return variables_.first(symbol); }
  const SourceFunction* function(SymbolId symbol) const { return functions_.first(symbol); }
  std::span<const AccessSite* const> accesses_to(SymbolId object) const {
    return accesses_.of(object);
  }
  /// Of the elements that a pointer or container leads to by an index.
  std::span<const AccessSite* const> element_accesses_to(SymbolId object) const {
    return element_accesses_.of(object);
  }
  std::span<const AccessSite* const> accesses_in(SymbolId function) const {
    return accesses_by_function_.of(function);
  }
  std::span<const CallEdge* const> calls_from(SymbolId caller) const { return callees_.of(caller); }
  std::span<const CallEdge* const> calls_to(SymbolId callee) const { return callers_.of(callee); }
  std::span<const ThreadEntry* const> starts_of(SymbolId entry) const { return starts_.of(entry); }
  std::span<const LockRegion* const> lock_regions_in(SymbolId function) const {
    return lock_regions_.of(function);
  }
  std::span<const SourceAllocation* const> allocations_of(SymbolId record) const {
    return allocations_.of(record);
  }

  /// Accesses to a field; for a field of a template instantiation also those to the field of that
  /// name in the template, from functions that are not instantiated.
  std::vector<const AccessSite*> accesses_to_field(const SourceRecord& owner,
                                                   const SourceField& field) const;

  /// The field of that name in the template that `owner` is an instantiation of; else invalid.
  SymbolId field_in_template(const SourceRecord& owner, const SourceField& field) const;

  /// How many records (a template counts once) have a field of that record type and name; of any
  /// name, if it is empty.
  size_t embedding_count(SymbolId record, const std::string& name = {}) const;

  std::string_view file_name(FileId file) const;
  bool is_system(FileId file) const;

  /// Qualified name of a function, or "" if it is unknown.
  std::string_view function_name(SymbolId function) const;

  /// Does a NOLINT comment or an annotation on that line silence the rule?
  bool is_suppressed(std::string_view rule, std::string_view file, uint32_t line) const;
  bool is_suppressed(std::string_view rule, SourcePos position) const {
    return is_suppressed(rule, file_name(position.file), position.line);
  }

  FindingLocation locate(SourcePos position, std::string_view role, std::string note) const;
  FindingLocation locate(const AccessSite& site, std::string_view role, std::string note) const;

 private:
  using SuppressionKey = std::tuple<std::string, uint32_t, std::string>;  // file, line, rule

  const SourceFacts& facts_;
  SymbolGroups<SourceRecord> records_;
  SymbolGroups<SourceVariable> variables_;
  SymbolGroups<SourceFunction> functions_;
  SymbolGroups<AccessSite> accesses_;
  SymbolGroups<AccessSite> element_accesses_;
  SymbolGroups<AccessSite> accesses_by_function_;
  SymbolGroups<CallEdge> callees_;
  SymbolGroups<CallEdge> callers_;
  SymbolGroups<ThreadEntry> starts_;
  SymbolGroups<LockRegion> lock_regions_;
  SymbolGroups<SourceAllocation> allocations_;
  std::map<std::pair<SymbolId, std::string>, std::set<SymbolId>> embeddings_;  // type, name: outer
  std::set<SuppressionKey> suppressions_;
  mutable std::unique_ptr<const CheckContext> context_;
};

inline bool is_write(SourceAccess access) {
  return access == SourceAccess::kWrite || access == SourceAccess::kReadModifyWrite ||
         access == SourceAccess::kCompareExchange;
}

}  // namespace quarrel
