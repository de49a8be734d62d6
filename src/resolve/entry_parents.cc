// Which entries is a DWARF entry nested in?
#include "resolve/entry_parents.h"

#include <algorithm>

#include "resolve/dwarf_tree.h"

namespace quarrel {

const EntryParents::Addresses& EntryParents::children_of(Dwarf_Die& parent) {
  auto [place, is_new] = children_.try_emplace(parent.addr);
  Addresses& children = place->second;
  if (is_new)
    for_each_child(parent, [&](Dwarf_Die& child) {
      children.push_back(child.addr);
      return true;
    });
  return children;
}

std::vector<Dwarf_Die> EntryParents::of(const Dwarf_Die& entry) {
  std::vector<Dwarf_Die> parents;
  Dwarf_Half version = 0;
  uint8_t type = 0;
  Dwarf_Die current{};
  if (dwarf_cu_info(entry.cu, &version, &type, &current, nullptr, nullptr, nullptr, nullptr) != 0)
    return parents;
  while (current.addr != entry.addr && parents.size() < kMaxDwarfDepth) {
    const Addresses& children = children_of(current);
    auto after = std::upper_bound(children.begin(), children.end(), entry.addr);
    if (after == children.begin()) return {};
    parents.push_back(current);
    // What libdw knows of an entry beyond its place, it reads on demand.
    current = Dwarf_Die{};
    current.addr = *std::prev(after);
    current.cu = entry.cu;
  }
  return parents;
}

}  // namespace quarrel
