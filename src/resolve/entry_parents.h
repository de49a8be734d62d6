// Which entries is a DWARF entry nested in?
#pragma once

#include <elfutils/libdw.h>

#include <unordered_map>
#include <vector>

namespace quarrel {

/// DWARF has no parent links, and libdw's dwarf_getscopes_die visits every entry of the unit that
/// stands before: milliseconds a call. An entry lies, in the file, between its parent and the
/// parent's next sibling, so lists of children lead to it; they are kept.
class EntryParents {
 public:
  /// The entries around `entry`, its unit first.
  std::vector<Dwarf_Die> of(const Dwarf_Die& entry);

 private:
  using Addresses = std::vector<void*>;
  const Addresses& children_of(Dwarf_Die& parent);

  std::unordered_map<void*, Addresses> children_;
};

}  // namespace quarrel
