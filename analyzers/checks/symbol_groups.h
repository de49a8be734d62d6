// Which facts belong to one symbol?
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/source_facts.h"

namespace quarrel {

/// The elements of one vector of facts, grouped by a symbol that each of them names. Symbols that
/// lie outside the symbol table (facts may come from an untrusted file) are in no group.
template <class T>
class SymbolGroups {
 public:
  /// `key`: a member of T, or a function of a const T& that returns a SymbolId.
  template <class Key>
  SymbolGroups(const std::vector<T>& items, Key key, size_t symbol_count) {
    starts_.resize(symbol_count + 1);
    for (const T& item : items)
      if (const uint32_t value = std::invoke(key, item).value; value < symbol_count)
        ++starts_[value + 1];
    for (size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
    items_.resize(starts_.back());
    std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (const T& item : items)
      if (const uint32_t value = std::invoke(key, item).value; value < symbol_count)
        items_[next[value]++] = &item;
  }

  /// In the order of the facts.
  std::span<const T* const> of(SymbolId symbol) const {
    if (symbol.value + size_t{1} >= starts_.size()) return {};
    const uint32_t begin = starts_[symbol.value];
    return std::span(items_).subspan(begin, starts_[symbol.value + 1] - begin);
  }

  /// The first of the group, or nullptr.
  const T* first(SymbolId symbol) const {
    auto group = of(symbol);
    return group.empty() ? nullptr : group.front();
  }

 private:
  std::vector<uint32_t> starts_;  // symbol -> first of its items; one more than symbols
  std::vector<const T*> items_;
};

}  // namespace quarrel
