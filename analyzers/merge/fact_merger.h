// How do the facts of many translation units become those of one program?
#pragma once

#include <string>
#include <unordered_map>

#include "model/source_facts.h"

namespace quarrel {

/// Merges entities by symbol and files by path. The result does not depend on the order in which
/// units are added, nor on how often a header was seen.
class FactMerger {
 public:
  void add(SourceFacts unit);

  /// Files and symbols in order of their text, facts in the order of fact_order.h, each once; of
  /// several descriptions of one entity the best. Empties the merger.
  SourceFacts finish();

 private:
  void compact();

  SourceFacts all_;
  std::unordered_map<std::string, FileId> files_;
  std::unordered_map<std::string, SymbolId> symbols_;
  size_t compacted_size_ = 0;
};

}  // namespace quarrel
