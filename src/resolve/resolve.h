// What are the names of the code, the locks and the data of a recording?
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/profile.h"
#include "resolve/name_cache.h"

namespace quarrel {

struct ResolveOptions {
  std::string sysroot;   ///< prefix of module paths; "/proc/PID/root" for a live target
  int32_t live_pid = 0;  ///< the target, while it lives: it keeps files that were removed since
  std::string debug_path = "/usr/lib/debug";
  /// Called now and then with a share done (0..1) and the file that is being read; returning false
  /// skips the remaining names.
  std::function<bool(double, std::string_view)> progress;
  NameCache* cache = nullptr;  ///< names of this session that are known already; may be null
};

/// Names everything that can be named. Never fails: what has no name is counted in
/// Profile::coverage ("symbols", "lock_names", "line_names") and keeps its address.
/// Files whose build id differs from the recorded one are not used. Ends with no file open.
Profile resolve(Recording recording, const ResolveOptions& options);

}  // namespace quarrel
