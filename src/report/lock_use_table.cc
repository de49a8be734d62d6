// What do all formats say about how locks were used?
#include "report/lock_use_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/words.h"

namespace quarrel {
namespace {

std::string name_of(const LockUse& use) {
  return use.objects > 1 ? fmt::format("{} ({} objects)", use.name, use.objects) : use.name;
}

}  // namespace

const std::vector<LockUseColumn>& lock_use_columns() {
  static const std::vector<LockUseColumn> columns = {
      {"lock", false}, {"kind", false}, {"taken/s", true}, {"failed", true},
      {"held", true},  {"p50", true},   {"p99", true},     {"longest", true}};
  return columns;
}

std::vector<std::vector<std::string>> lock_use_rows(const LockUses& uses) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < std::min(kMaxLockUsesShown, uses.locks.size()); ++i) {
    const LockUse& use = uses.locks[i];
    rows.push_back({name_of(use), use.kind, format_rate(use.acquisitions_per_s),
                    format_count(use.try_failures), format_share(use.held_share),
                    format_duration(use.p50_ns), format_duration(use.p99_ns),
                    format_duration(use.max_ns)});
  }
  return rows;
}

std::string lock_use_rest(const LockUses& uses) {
  if (uses.locks.size() <= kMaxLockUsesShown) return "";
  return fmt::format("{} more locks were held for less", uses.locks.size() - kMaxLockUsesShown);
}

std::string lock_use_note(const LockUses& uses, double duration_s) {
  return fmt::format(
      "observed during {:.2f} s of {:.2f} s; {} probes of {} ns took {:.2f} % of the target's CPU "
      "time (allowed: {:g} %); their own time is subtracted",
      uses.observed_s, duration_s, format_count(uses.hits), uses.probe_ns, uses.overhead * 100,
      uses.max_overhead * 100);
}

}  // namespace quarrel
