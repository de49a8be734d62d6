// Which samples were taken while a thread spun for a lock, and for which one?
#pragma once

#include <string>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Spin locks by the address of their word, without names. Samples of loops whose word is not known
/// are unresolved in `coverage`, which stays empty where no sample is in such a loop.
///
/// A loop that only tries (test-and-set) looks alike whether the lock is free or taken. It counts
/// where a captured thread found it taken; where none was captured behind the try, if two threads
/// were seen to change the word.
///
/// A loop without any hint that its word is taken by an atomic operation polls for an event, and is
/// none. Nor is a loop with a pause in which threads were hardly ever seen to pause: they look once
/// and go on.
std::vector<SpinLock> find_spin_locks(const Recording& recording, const std::string& sysroot,
                                      Coverage& coverage);

}  // namespace quarrel
