// Which names do the files of a recording give to its code and data addresses?
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/profile.h"
#include "resolve/live_variables.h"
#include "resolve/lock_identity.h"
#include "resolve/resolve.h"

namespace quarrel {

/// What is to be named.
struct Wanted {
  std::vector<uint64_t> data;          ///< sorted, unique
  std::vector<uint64_t> instructions;  ///< sorted, unique; besides the frames of the recording
};

struct FoundNames {
  std::vector<ResolvedFrame> frames;  ///< parallel to Recording::frames
  std::unordered_map<uint64_t, ResolvedFrame> instructions;
  AddressNames data;                  ///< only addresses about which something is known
  std::vector<std::string> unusable;  ///< why files could not be used, e.g. another build
  bool is_cut_short = false;
};

/// Works module by module, so that the debug information of only one is in memory at a time.
FoundNames find_names(const Recording& recording, const Wanted& wanted,
                      const ResolveOptions& options);

}  // namespace quarrel
