// How does a check find the facts about one symbol?
#include "checks/fact_index.h"

#include "checks/line_members.h"

namespace quarrel {
namespace {

/// Both `NOLINT(quarrel-RULE)` and a bare rule name are accepted from the extraction.
std::string bare_rule(std::string_view rule) {
  constexpr std::string_view kPrefix = "quarrel-";
  if (rule.starts_with(kPrefix)) rule.remove_prefix(kPrefix.size());
  return std::string(rule);
}

SymbolId accessed_object(const AccessSite& site) {
  return site.element_bytes == 0 ? site.object : SymbolId{};
}

SymbolId holder_of_element(const AccessSite& site) {
  return site.element_bytes == 0 ? SymbolId{} : site.object;
}

}  // namespace

FactIndex::FactIndex(const SourceFacts& facts)
    : facts_(facts),
      records_(facts.records, &SourceRecord::symbol, facts.symbols.size()),
      variables_(facts.variables, &SourceVariable::symbol, facts.symbols.size()),
      functions_(facts.functions, &SourceFunction::symbol, facts.symbols.size()),
      accesses_(facts.accesses, accessed_object, facts.symbols.size()),
      element_accesses_(facts.accesses, holder_of_element, facts.symbols.size()),
      accesses_by_function_(facts.accesses, &AccessSite::function, facts.symbols.size()),
      callees_(facts.calls, &CallEdge::caller, facts.symbols.size()),
      callers_(facts.calls, &CallEdge::callee, facts.symbols.size()),
      starts_(facts.thread_entries, &ThreadEntry::entry, facts.symbols.size()),
      lock_regions_(facts.lock_regions, &LockRegion::function, facts.symbols.size()),
      allocations_(facts.allocations, &SourceAllocation::record, facts.symbols.size()) {
  for (const SourceRecord& record : facts.records)
    for (const SourceField& field : record.fields) {
      if (!field.type_record.is_valid()) continue;
      const SymbolId outer = record.pattern.is_valid() ? record.pattern : record.symbol;
      embeddings_[{field.type_record, field.name}].insert(outer);
      embeddings_[{field.type_record, ""}].insert(outer);
    }
  for (const Suppression& suppression : facts.suppressions)
    suppressions_.emplace(file_name(suppression.position.file), suppression.position.line,
                          bare_rule(suppression.rule));
}

std::vector<const AccessSite*> FactIndex::accesses_to_field(const SourceRecord& owner,
                                                            const SourceField& field) const {
  const auto own = accesses_to(field.symbol);
  std::vector<const AccessSite*> sites(own.begin(), own.end());
  const auto in_template = accesses_to(field_in_template(owner, field));
  if (in_template.empty()) return sites;
  std::set<SourcePos> seen;
  for (const AccessSite* site : own) seen.insert(site->position);
  for (const AccessSite* site : in_template)
    if (!seen.contains(site->position)) sites.push_back(site);
  return sites;
}

SymbolId FactIndex::field_in_template(const SourceRecord& owner, const SourceField& field) const {
  const SourceRecord* pattern = field.name.empty() ? nullptr : record(owner.pattern);
  if (pattern == nullptr || pattern == &owner) return {};
  for (const SourceField& candidate : pattern->fields)
    if (candidate.name == field.name && candidate.symbol != field.symbol) return candidate.symbol;
  return {};
}

size_t FactIndex::embedding_count(SymbolId record, const std::string& name) const {
  auto found = embeddings_.find({record, name});
  return found == embeddings_.end() ? 0 : found->second.size();
}

std::string_view FactIndex::file_name(FileId file) const {
  return file.value < facts_.files.size() ? std::string_view(facts_.files[file.value]) : "";
}

bool FactIndex::is_system(FileId file) const {
  return file.value < facts_.file_is_system.size() && facts_.file_is_system[file.value];
}

std::string_view FactIndex::function_name(SymbolId symbol) const {
  const SourceFunction* found = function(symbol);
  return found == nullptr ? std::string_view() : std::string_view(found->name);
}

bool FactIndex::is_suppressed(std::string_view rule, std::string_view file, uint32_t line) const {
  return suppressions_.contains({std::string(file), line, ""}) ||
         suppressions_.contains({std::string(file), line, std::string(rule)});
}

FindingLocation FactIndex::locate(SourcePos position, std::string_view role,
                                  std::string note) const {
  return {.file = std::string(file_name(position.file)),
          .line = position.line,
          .column = position.column,
          .function = {},
          .role = std::string(role),
          .note = std::move(note)};
}

FindingLocation FactIndex::locate(const AccessSite& site, std::string_view role,
                                  std::string note) const {
  FindingLocation location = locate(site.position, role, std::move(note));
  location.function = function_name(site.function);
  return location;
}

}  // namespace quarrel
