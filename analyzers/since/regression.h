// What became worse between two revisions, and through what change?
#pragma once

#include <vector>

#include "model/diagnosis.h"
#include "model/source_facts.h"

namespace quarrel {

/// What a scan says of one revision.
struct ScannedRevision {
  const SourceFacts& facts;
  const std::vector<Finding>& findings;
};

struct Regressions {
  std::vector<Finding> worse;  ///< new, or of a higher level; `reason` says what changed
  size_t unchanged = 0;
  size_t gone = 0;  ///< found in the old revision only
};

/// Findings are told apart by fingerprint, which knows no line numbers.
Regressions find_regressions(const ScannedRevision& old, const ScannedRevision& now);

}  // namespace quarrel
