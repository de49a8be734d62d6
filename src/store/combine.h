// How do recordings of several processes, made at the same time, become one?
#pragma once

#include <vector>

#include "base/result.h"
#include "model/recording.h"

namespace quarrel {

/// One recording with the threads of all. Addresses stand as model/address_space.h says: memory
/// that processes share is one place, so that the lines in it are fought over by the threads of
/// several processes. Run and process id are those of the first; accounts (coverage) of the others
/// carry their process id. A thread of another process counts as beside a sample if it was itself
/// sampled on another CPU within half a sample period of it.
///
/// Errors: recordings of different hosts or sample rates, or that do not overlap in time.
Result<Recording> combine_recordings(std::vector<Recording> recordings);

}  // namespace quarrel
