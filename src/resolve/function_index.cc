// Which function, inlined or not, covers an address of a unit?
#include "resolve/function_index.h"

#include <algorithm>

#include "resolve/dwarf_tree.h"

namespace quarrel {

void FunctionIndex::collect(Dwarf_Die& parent, uint32_t depth, int level, Intervals& intervals) {
  if (level > kMaxDwarfDepth) return;
  for_each_child(parent, [&](Dwarf_Die& child) {
    switch (dwarf_tag(&child)) {
      case DW_TAG_subprogram:
      case DW_TAG_inlined_subroutine: {
        bool is_inlined = dwarf_tag(&child) == DW_TAG_inlined_subroutine;
        uint32_t own_depth = is_inlined ? depth : 0;
        auto ranges = ranges_of(child);
        for (auto [start, end] : ranges) intervals.push_back({start, end, 0, own_depth, child});
        // Classes inside of a declaration or an abstract function have definitions elsewhere.
        if (!ranges.empty()) collect(child, own_depth + 1, level + 1, intervals);
        break;
      }
      case DW_TAG_lexical_block:
      case DW_TAG_namespace:
      case DW_TAG_class_type:
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
      case DW_TAG_module:
        collect(child, depth, level + 1, intervals);
        break;
      default:
        break;
    }
    return true;
  });
}

const FunctionIndex::Intervals& FunctionIndex::intervals_of(size_t unit) {
  auto [place, is_new] = units_.try_emplace(unit);
  Intervals& intervals = place->second;
  if (!is_new) return intervals;
  Dwarf_Die tree = info_.unit(unit).tree;
  collect(tree, 1, 0, intervals);
  std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.end != b.end) return a.end > b.end;
    return a.depth < b.depth;
  });
  uint64_t furthest = 0;
  for (Interval& interval : intervals)
    interval.furthest_end = furthest = std::max(furthest, interval.end);
  return intervals;
}

std::vector<Dwarf_Die> FunctionIndex::chain_at(size_t unit, uint64_t address) {
  const Intervals& intervals = intervals_of(unit);
  auto at = std::upper_bound(intervals.begin(), intervals.end(), address,
                             [](uint64_t value, const Interval& i) { return value < i.start; });
  std::vector<const Interval*> hits;
  while (at != intervals.begin() && std::prev(at)->furthest_end > address) {
    --at;
    if (address >= at->end) continue;
    hits.push_back(&*at);
    if (at->depth == 0) break;
  }
  if (hits.empty() || hits.back()->depth != 0) return {};
  std::sort(hits.begin(), hits.end(), [](const Interval* a, const Interval* b) {
    return a->depth != b->depth ? a->depth > b->depth : a->start > b->start;
  });
  std::vector<Dwarf_Die> chain;
  for (const Interval* hit : hits) chain.push_back(hit->die);
  return chain;
}

}  // namespace quarrel
