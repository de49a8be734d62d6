// Which threads of a finding does a table show, when it may have thousands?
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

/// The rest of a table is one row; JSON has all of them.
inline constexpr size_t kThreadsShown = 15;

/// A thread, or all that are not shown: "985 others".
struct ThreadRow {
  std::string name;
  double thread_ms_per_s = 0;
  std::optional<HolderActivity> activity;
  LineSide side = LineSide::kNone;
};

/// The threads of one role, those with most cost first.
std::vector<ThreadRow> thread_rows(const Finding& finding, const std::string& role);

/// The roles of threads or stacks, each once, in the order in which they come.
template <class Row>
std::vector<std::string> roles_of(const std::vector<Row>& rows) {
  std::vector<std::string> roles;
  for (const Row& row : rows)
    if (std::ranges::find(roles, row.role) == roles.end()) roles.push_back(row.role);
  return roles;
}

}  // namespace quarrel
