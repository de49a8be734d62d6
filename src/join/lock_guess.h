// Which lock of the source does a lock without a name seem to be?
#pragma once

#include "model/profile.h"
#include "model/source_facts.h"

namespace quarrel {

/// Names locks that no variable leads to, as often on the heap of a program without debug
/// information about variables, by the lock that the source takes on the lines where threads wait:
/// "Cache::mu @ cache.h:12 (a guess)". Only if the innermost such line of every waiting stack is of
/// the same lock of the facts. Such a lock is of NameSource::kGuess.
void guess_lock_names(const SourceFacts& facts, Profile& profile);

}  // namespace quarrel
