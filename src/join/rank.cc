// In which order does a user read the findings?
#include "join/rank.h"

#include <algorithm>
#include <tuple>

namespace quarrel {
namespace {

bool is_read_first(const Finding& a, const Finding& b) {
  const auto key = [](const Finding& f) {
    const uint64_t transfers = f.traffic ? transfer_count(f.traffic->counts) : 0;
    return std::tuple(-f.cost.thread_ms_per_s, -static_cast<int>(f.level),
                      -static_cast<int>(f.evidence), -static_cast<int64_t>(transfers),
                      -static_cast<int64_t>(f.weight), std::string_view(f.fingerprint),
                      std::string_view(f.message));
  };
  return key(a) < key(b);
}

}  // namespace

void rank_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), is_read_first);
}

}  // namespace quarrel
