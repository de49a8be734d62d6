// How much waiting could at most be gained at each lock?
#include "join/gain_bound.h"

#include <algorithm>
#include <unordered_map>

namespace quarrel {
namespace {

/// Chains are short; what is left after so many links stays where it got to.
constexpr int kMaxLinks = 8;
/// A smaller part of the waiting is not followed further: bounds the paths, however dense a forged
/// recording makes the graph.
constexpr double kLeastPart = 0.001;

/// The share of the waiting for one lock that is really for another one.
struct Passed {
  size_t to = 0;
  double share = 0;
};

class GainBounds {
 public:
  explicit GainBounds(const std::vector<LockEvidence>& locks)
      : locks_(locks), passed_(locks.size()), on_path_(locks.size()), bounds_(locks.size()) {
    for (size_t i = 0; i < locks.size(); ++i)
      for (uint64_t word : locks[i].words()) by_word_.emplace(word, i);
    for (size_t i = 0; i < locks.size(); ++i) passed_[i] = passed_by(i);
  }

  std::vector<double> run() {
    for (size_t i = 0; i < locks_.size(); ++i) {
      const auto total = static_cast<double>(locks_[i].waits.total_ns);
      least_ns_ = kLeastPart * total;
      charge(i, total, 0);
    }
    return std::move(bounds_);
  }

 private:
  std::vector<Passed> passed_by(size_t lock) const {
    std::vector<Passed> passed;
    const auto total = static_cast<double>(locks_[lock].waits.total_ns);
    if (total == 0) return passed;
    double shares = 0;
    for (const auto& [next, ns] : locks_[lock].next_ns) {
      const auto other = by_word_.find(next.second);
      if (other == by_word_.end() || other->second == lock) continue;
      passed.push_back({other->second, static_cast<double>(ns) / total});
      shares += passed.back().share;
    }
    // Accounts of holders close at other moments than waits do.
    if (shares > 1)
      for (Passed& one : passed) one.share /= shares;
    return passed;
  }

  void charge(size_t lock, double ns, int links) {
    on_path_[lock] = true;
    double own = ns;
    for (const Passed& next : passed_[lock]) {
      const double part = ns * next.share;
      if (links == kMaxLinks || part <= least_ns_ || on_path_[next.to]) continue;
      own -= part;
      charge(next.to, part, links + 1);
    }
    bounds_[lock] += std::max(0.0, own);
    on_path_[lock] = false;
  }

  const std::vector<LockEvidence>& locks_;
  std::unordered_map<uint64_t, size_t> by_word_;
  std::vector<std::vector<Passed>> passed_;
  std::vector<bool> on_path_;
  double least_ns_ = 0;
  std::vector<double> bounds_;
};

}  // namespace

std::vector<double> gain_bounds_ns(const std::vector<LockEvidence>& locks) {
  return GainBounds(locks).run();
}

}  // namespace quarrel
