// How do facts look once files and symbols have other numbers?
#pragma once

#include <vector>

#include "model/source_facts.h"

namespace quarrel {

/// New ids, indexed by the old ones.
struct Renumbering {
  std::vector<FileId> files;
  std::vector<SymbolId> symbols;
};

/// Replaces every id in the facts but leaves the tables of names alone.
void renumber(SourceFacts& facts, const Renumbering& ids);

}  // namespace quarrel
