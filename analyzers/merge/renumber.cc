// How do facts look once files and symbols have other numbers?
#include "merge/renumber.h"

#include <algorithm>

#include "base/check.h"

namespace quarrel {
namespace {

struct Apply {
  const Renumbering& ids;

  void operator()(SymbolId& symbol) const {
    if (!symbol.is_valid()) return;
    CHECK(symbol.value < ids.symbols.size());
    symbol = ids.symbols[symbol.value];
  }
  void operator()(FileId& file) const {
    if (!file.is_valid()) return;
    CHECK(file.value < ids.files.size());
    file = ids.files[file.value];
  }
  void operator()(SourcePos& position) const { (*this)(position.file); }
  void operator()(std::vector<SymbolId>& symbols) const {
    for (SymbolId& symbol : symbols) (*this)(symbol);
    std::sort(symbols.begin(), symbols.end());
  }
  template <class... T>
  void all(T&... each) const {
    ((*this)(each), ...);
  }
};

void renumber_records(std::vector<SourceRecord>& records, const Apply& apply) {
  for (SourceRecord& record : records) {
    apply.all(record.symbol, record.pattern, record.position, record.end);
    for (SourceField& field : record.fields)
      apply.all(field.symbol, field.type_record, field.element_record, field.position);
    for (SourceBase& base : record.bases) apply(base.record);
  }
}

}  // namespace

void renumber(SourceFacts& facts, const Renumbering& ids) {
  const Apply apply{ids};
  renumber_records(facts.records, apply);
  for (auto& variable : facts.variables)
    apply.all(variable.symbol, variable.type_record, variable.element_record, variable.position);
  for (auto& alias : facts.typedefs) apply.all(alias.symbol, alias.record, alias.position);
  for (auto& allocation : facts.allocations)
    apply.all(allocation.record, allocation.function, allocation.position);
  for (auto& function : facts.functions)
    apply.all(function.symbol, function.record, function.position);
  for (auto& site : facts.accesses)
    apply.all(site.object, site.function, site.position, site.locks_held, site.value_from,
              site.guarded_by);
  for (auto& region : facts.lock_regions)
    apply.all(region.lock, region.function, region.begin, region.end, region.objects, region.calls);
  for (auto& entry : facts.thread_entries)
    apply.all(entry.entry, entry.starter, entry.position, entry.argument_record);
  for (auto& call : facts.calls) apply.all(call.caller, call.callee, call.position);
  for (auto& loop : facts.loops) apply.all(loop.function, loop.begin, loop.end);
  for (auto& remark : facts.remarks) apply.all(remark.object, remark.function, remark.position);
  for (auto& suppression : facts.suppressions) apply(suppression.position);
  for (auto& unit : facts.units) apply(unit.main_file);
}

}  // namespace quarrel
