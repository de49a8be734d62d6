// What do all formats say about how locks were used?
#pragma once

#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

inline constexpr size_t kMaxLockUsesShown = 20;

struct LockUseColumn {
  const char* title;
  bool is_number;
};

/// Lock, kind, and the figures of each.
const std::vector<LockUseColumn>& lock_use_columns();

/// The locks held longest, a cell for each column; at most kMaxLockUsesShown.
std::vector<std::vector<std::string>> lock_use_rows(const LockUses& uses);

/// "3 more locks were held for less"; empty if all are shown.
std::string lock_use_rest(const LockUses& uses);

/// For how long probes stood and what they cost. `duration_s` is that of the run.
std::string lock_use_note(const LockUses& uses, double duration_s);

}  // namespace quarrel
