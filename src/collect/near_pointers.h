// Which pointers of the target lead to the memory around an address?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// Pointers that lead to within 1 MiB of the exemplar's address, sorted by their own address: in
/// the registers and the stack of the captured thread, in what these point at, and among the
/// globals of the modules on its stack; also those to objects that lead there in one more step.
/// Nothing else of that memory is kept. Read through
/// process_vm_readv: the target is not stopped, so the words are those of a moment later.
std::vector<NearPointer> read_near_pointers(pid_t pid, const Exemplar& exemplar,
                                            const Recording& recording);

}  // namespace quarrel
