// Which records does a check judge, each declaration once?
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "checks/fact_index.h"

namespace quarrel {

/// The record whose declaration stands in the source: of an instantiation, its template.
inline SymbolId declaration_of(const SourceRecord& record) {
  return record.pattern.is_valid() ? record.pattern : record.symbol;
}

/// Records of the user that have a layout; of a template every instantiation.
std::vector<const SourceRecord*> laid_out_records(const FactIndex& index);

/// Templates of the user, and what lies in them, of which no instantiation is known: the order of
/// the fields and their spelling are all there is.
std::vector<const SourceRecord*> dependent_records(const FactIndex& index);

/// Instantiations of one template share its declaration: the first that is reported speaks for all.
class ReportedOnce {
 public:
  /// Has nothing been reported under that text for the declaration yet?
  bool is_new(const SourceRecord& record, std::string text = {}) {
    return known_.emplace(declaration_of(record), std::move(text)).second;
  }

 private:
  std::set<std::pair<SymbolId, std::string>> known_;
};

}  // namespace quarrel
