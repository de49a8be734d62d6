// What does the source say about a lock that the run found contended?
#include "join/lock_facts.h"

#include <algorithm>

namespace quarrel {
namespace {

bool is_same_field(const SourceField& field, const DataObject& object) {
  return !object.field.empty() && field.name == object.field;
}

/// The symbol of the lock: a field of its record, or a variable.
SymbolId find_lock_symbol(const SourceFacts& facts, const DataObject& object) {
  if (const SourceRecord* record = find_record(&facts, object.record))
    for (const SourceField& field : record->fields)
      if (is_same_field(field, object)) return field.symbol;
  if (!object.record.empty()) return {};
  for (const SourceVariable& variable : facts.variables)
    if (!object.variable.empty() && variable.name == object.variable) return variable.symbol;
  return {};
}

void add_field(const SourceField& field, GuardedState& state) {
  state.fields.push_back(field.name);
  state.largest_bytes = std::max(state.largest_bytes, (field.size_bits + 7) / 8);
  if (field.type_record.is_valid() && !field.is_atomic) state.is_all_scalar = false;
  if (field.array_length > 0) state.is_all_scalar = false;
}

void add_variable(const SourceVariable& variable, GuardedState& state) {
  state.fields.push_back(variable.name);
  state.largest_bytes = std::max(state.largest_bytes, variable.size_bytes);
  if (variable.type_record.is_valid() && !variable.is_atomic) state.is_all_scalar = false;
  if (variable.array_length > 0) state.is_all_scalar = false;
}

void add_touched(const SourceFacts& facts, const std::vector<SymbolId>& touched,
                 GuardedState& state) {
  const auto is_touched = [&](SymbolId symbol) {
    return std::binary_search(touched.begin(), touched.end(), symbol);
  };
  for (const SourceRecord& record : facts.records)
    for (const SourceField& field : record.fields)
      if (is_touched(field.symbol)) add_field(field, state);
  for (const SourceVariable& variable : facts.variables) {
    // What lives on the stack of the function is not shared, so the lock does not guard it.
    if (variable.storage == Storage::kLocal || variable.storage == Storage::kParameter) continue;
    if (is_touched(variable.symbol)) add_variable(variable, state);
  }
  std::sort(state.fields.begin(), state.fields.end());
  state.fields.erase(std::unique(state.fields.begin(), state.fields.end()), state.fields.end());
}

}  // namespace

const SourceRecord* find_record(const SourceFacts* facts, const std::string& name) {
  if (facts == nullptr || name.empty()) return nullptr;
  for (const SourceRecord& record : facts->records)
    if (record.has_layout && record.name == name) return &record;
  return nullptr;
}

std::optional<GuardedState> guarded_state(const SourceFacts* facts, const LockIdentity& lock) {
  if (facts == nullptr) return std::nullopt;
  const SymbolId symbol = find_lock_symbol(*facts, lock.object);
  if (!symbol.is_valid()) return std::nullopt;
  GuardedState state;
  std::vector<SymbolId> touched;
  for (const LockRegion& region : facts->lock_regions) {
    if (region.lock != symbol) continue;
    ++state.regions;
    state.calls_functions |= !region.calls.empty();
    for (SymbolId object : region.objects)
      if (object != symbol) touched.push_back(object);
  }
  if (state.regions == 0) return std::nullopt;
  std::sort(touched.begin(), touched.end());
  add_touched(*facts, touched, state);
  return state;
}

}  // namespace quarrel
