// Which fields of the source do bytes of a cache line without a name seem to be?
#pragma once

#include "model/profile.h"
#include "model/source_facts.h"

namespace quarrel {

/// Names bytes that no variable leads to, as often on the heap of optimised programs: by the field
/// that the source reads or writes on the lines of code that use them, if these agree on one of
/// the right size. Such an object is of NameSource::kGuess.
void guess_line_names(const SourceFacts& facts, std::vector<LineProfile>& lines);

}  // namespace quarrel
