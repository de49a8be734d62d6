// Which loops try a compare-exchange until it succeeds?
#pragma once

#include <vector>

#include "checks/loops.h"

namespace quarrel {

/// The innermost loop around a compare-exchange, without a fixed number of rounds.
struct CasLoop {
  LoopContents contents;
  const AccessSite* cas = nullptr;

  /// Does that place run in each round ahead of the compare-exchange, and not only if it succeeds?
  bool is_retried(SourcePos position) const;
};

std::vector<CasLoop> cas_loops(const FactIndex& index);

}  // namespace quarrel
