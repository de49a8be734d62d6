// How do the facts of many translation units become those of one program?
#include "merge/fact_merger.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "merge/fact_order.h"
#include "merge/renumber.h"

namespace quarrel {
namespace {

/// Below this many facts it is not worth while to look for duplicates before the end.
constexpr size_t kMinCompaction = 100'000;

template <class T>
void sort_unique(std::vector<T>& facts) {
  std::sort(facts.begin(), facts.end(), [](const T& a, const T& b) { return comes_before(a, b); });
  facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
}

/// Of several descriptions of one symbol, which stand together, keeps the first and best.
template <class T>
void keep_best(std::vector<T>& facts) {
  auto same = [](const T& a, const T& b) { return a.symbol == b.symbol; };
  facts.erase(std::unique(facts.begin(), facts.end(), same), facts.end());
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

size_t size_of(const SourceFacts& facts) {
  return facts.records.size() + facts.accesses.size() + facts.calls.size() + facts.functions.size();
}

void sort_all(SourceFacts& facts) {
  sort_unique(facts.records);
  sort_unique(facts.variables);
  sort_unique(facts.typedefs);
  sort_unique(facts.allocations);
  sort_unique(facts.functions);
  sort_unique(facts.accesses);
  sort_unique(facts.lock_regions);
  sort_unique(facts.thread_entries);
  sort_unique(facts.calls);
  sort_unique(facts.loops);
  sort_unique(facts.remarks);
  sort_unique(facts.suppressions);
  sort_unique(facts.units);
}

/// A flag is a lock in every unit if one unit spins on it.
void spread_locks(SourceFacts& facts) {
  std::map<SymbolId, LockClass> locks;
  auto note = [&](const auto& each) {
    if (each.lock != LockClass::kNone) locks[each.symbol] = std::max(locks[each.symbol], each.lock);
  };
  auto apply = [&](auto& each) {
    if (auto found = locks.find(each.symbol); found != locks.end()) each.lock = found->second;
  };
  for (const SourceRecord& record : facts.records)
    for (const SourceField& field : record.fields) note(field);
  for (const SourceVariable& variable : facts.variables) note(variable);
  for (SourceRecord& record : facts.records)
    for (SourceField& field : record.fields) apply(field);
  for (SourceVariable& variable : facts.variables) apply(variable);
}

/// The layout that is assumed for a template gives way to those of its instantiations.
void drop_assumed_layouts(std::vector<SourceRecord>& records) {
  std::set<SymbolId> instantiated;
  for (const SourceRecord& record : records)
    if (record.pattern.is_valid() && record.has_layout) instantiated.insert(record.pattern);
  for (SourceRecord& record : records)
    if (record.is_layout_assumed && instantiated.contains(record.symbol)) record.has_layout = false;
}

/// The new id of each name if the names were sorted.
template <class IdType>
std::vector<IdType> ranks_of(const std::vector<std::string>& names) {
  std::vector<uint32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return names[a] < names[b]; });
  std::vector<IdType> ranks(names.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = IdType{rank};
  return ranks;
}

template <class T, class IdType>
std::vector<T> reordered(const std::vector<T>& values, const std::vector<IdType>& ranks) {
  std::vector<T> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) result[ranks[i].value] = values[i];
  return result;
}

}  // namespace

void FactMerger::add(SourceFacts unit) {
  Renumbering ids;
  for (size_t i = 0; i < unit.files.size(); ++i) {
    auto [place, is_new] = files_.try_emplace(unit.files[i], FileId{uint32_t(all_.files.size())});
    if (is_new) {
      all_.files.push_back(unit.files[i]);
      all_.file_is_system.push_back(unit.file_is_system[i]);
    } else if (!unit.file_is_system[i]) {
      // One unit may see a folder through -isystem and another through -I.
      all_.file_is_system[place->second.value] = false;
    }
    ids.files.push_back(place->second);
  }
  for (const std::string& symbol : unit.symbols) {
    auto [place, is_new] = symbols_.try_emplace(symbol, SymbolId{uint32_t(all_.symbols.size())});
    if (is_new) all_.symbols.push_back(symbol);
    ids.symbols.push_back(place->second);
  }
  renumber(unit, ids);
  append(all_.records, unit.records);
  append(all_.variables, unit.variables);
  append(all_.typedefs, unit.typedefs);
  append(all_.allocations, unit.allocations);
  append(all_.functions, unit.functions);
  append(all_.accesses, unit.accesses);
  append(all_.lock_regions, unit.lock_regions);
  append(all_.thread_entries, unit.thread_entries);
  append(all_.calls, unit.calls);
  append(all_.loops, unit.loops);
  append(all_.remarks, unit.remarks);
  append(all_.suppressions, unit.suppressions);
  append(all_.units, unit.units);
  if (size_of(all_) > std::max(kMinCompaction, 2 * compacted_size_)) compact();
}

/// Headers repeat their facts in every unit; without this a large program would not fit in memory.
void FactMerger::compact() {
  sort_all(all_);
  compacted_size_ = size_of(all_);
}

SourceFacts FactMerger::finish() {
  const Renumbering ranks{ranks_of<FileId>(all_.files), ranks_of<SymbolId>(all_.symbols)};
  all_.files = reordered(all_.files, ranks.files);
  all_.file_is_system = reordered(all_.file_is_system, ranks.files);
  all_.symbols = reordered(all_.symbols, ranks.symbols);
  renumber(all_, ranks);
  spread_locks(all_);
  sort_all(all_);
  keep_best(all_.records);
  drop_assumed_layouts(all_.records);
  keep_best(all_.variables);
  keep_best(all_.typedefs);
  keep_best(all_.functions);
  files_.clear();
  symbols_.clear();
  return std::exchange(all_, {});
}

}  // namespace quarrel
