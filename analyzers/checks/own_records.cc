// Which records does a check judge, each declaration once?
#include "checks/own_records.h"

namespace quarrel {

std::vector<const SourceRecord*> laid_out_records(const FactIndex& index) {
  std::vector<const SourceRecord*> found;
  for (const SourceRecord& record : index.facts().records)
    if (record.has_layout && !record.is_in_system_header && !record.is_lambda && !record.is_union)
      found.push_back(&record);
  return found;
}

std::vector<const SourceRecord*> dependent_records(const FactIndex& index) {
  std::set<SymbolId> instantiated;
  for (const SourceRecord& record : index.facts().records)
    if (record.has_layout) instantiated.insert(declaration_of(record));
  std::vector<const SourceRecord*> found;
  for (const SourceRecord& record : index.facts().records)
    if (!record.has_layout && !record.is_in_system_header && !record.is_union &&
        !instantiated.contains(declaration_of(record)))
      found.push_back(&record);
  return found;
}

}  // namespace quarrel
