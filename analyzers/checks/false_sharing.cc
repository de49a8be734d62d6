// Which members of one cache line do different threads write?
//
// Types decide nothing here. A pair counts if its members are used outside setup, by different
// functions that leave the other member alone, without a common lock, and if these functions run
// in different threads: proven by thread entries and the call graph, or claimed by the source
// itself through atomic access. Pairs of one line become one finding.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "checks/check.h"
#include "checks/group_findings.h"
#include "checks/line_advice.h"
#include "checks/member_finding.h"
#include "checks/shared_pairs.h"
#include "checks/traffic.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "false-sharing";

/// Pairs that make one finding.
struct Cluster {
  std::vector<SharedPair> pairs;
  std::vector<size_t> members;  ///< sorted
};

bool is_stronger(const SharedPair& a, const SharedPair& b) {
  // The members decide last, so that the order does not depend on the sort.
  return std::tuple(a.sharing, a.proof, a.is_hot, b.written, b.other) >
         std::tuple(b.sharing, b.proof, b.is_hot, a.written, a.other);
}

class Clusters {
 public:
  explicit Clusters(size_t member_count) : parent_(member_count) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }

  void join(const SharedPair& pair) {
    parent_[root(pair.written)] = root(pair.other);
    pairs_.push_back(pair);
  }

  std::vector<Cluster> take() {
    std::map<size_t, Cluster> by_root;
    for (const SharedPair& pair : pairs_) by_root[root(pair.written)].pairs.push_back(pair);
    std::vector<Cluster> clusters;
    for (auto& [root, cluster] : by_root) {
      std::set<size_t> members;
      for (const SharedPair& pair : cluster.pairs) members.insert({pair.written, pair.other});
      cluster.members.assign(members.begin(), members.end());
      std::sort(cluster.pairs.begin(), cluster.pairs.end(), is_stronger);
      clusters.push_back(std::move(cluster));
    }
    return clusters;
  }

 private:
  size_t root(size_t member) {
    while (parent_[member] != member) member = parent_[member];
    return member;
  }

  std::vector<size_t> parent_;
  std::vector<SharedPair> pairs_;
};

bool is_on_one_line(const MemberGroup& group, const SharedPair& pair) {
  const ByteRange one = group.members[pair.written].bytes;
  const ByteRange other = group.members[pair.other].bytes;
  return group.record == nullptr || one.begin / kLineBytes == other.begin / kLineBytes;
}

/// Those of one line first; a pair that only an unlucky address brings together counts if neither
/// of its members has been reported anyway.
std::vector<Cluster> cluster(const MemberGroup& group, const std::vector<SharedPair>& pairs) {
  Clusters clusters(group.members.size());
  std::set<size_t> taken;
  for (const SharedPair& pair : pairs) {
    if (!is_on_one_line(group, pair)) continue;
    clusters.join(pair);
    taken.insert({pair.written, pair.other});
  }
  for (const SharedPair& pair : pairs)
    if (!is_on_one_line(group, pair) && !taken.contains(pair.written) &&
        !taken.contains(pair.other))
      clusters.join(pair);
  return clusters.take();
}

std::string placement(const MemberGroup& group, const SharedPair& pair) {
  if (group.record == nullptr) return "are declared side by side and likely share a cache line";
  return pair.sharing == LineSharing::kAlways
             ? "share a cache line"
             : "may share a cache line, depending on the address of the object";
}

std::string accusation(const CheckContext& context, const SharedPair& pair) {
  const std::string one = short_function_name(context.index, pair.writer->function);
  const std::string other = short_function_name(context.index, pair.user->function);
  if (pair.proof == Proof::kRoles)
    return one + " (" + role_text(context, pair.writer->function) + ") writes one, " + other +
           " (" + role_text(context, pair.user->function) + ") writes the other";
  const std::string_view who = pair.proof == Proof::kSameRole
                                   ? "many threads run both"
                                   : "each may be called by a different thread";
  return one + " writes one, " + other + " writes the other, and " + std::string(who);
}

std::string reason(const SharedPair& pair) {
  if (pair.proof == Proof::kRoles && !pair.is_apart)
    return "one of several threads runs both; that they meet is likely, how often only a "
           "recording can say";
  if (pair.proof == Proof::kRoles && pair.is_hot)
    return "proven by the source: different threads, in loops, without a common lock; how much it "
           "costs only a recording can say";
  if (pair.proof == Proof::kRoles)
    return "different threads are proven, but not that both accesses are frequent";
  if (pair.proof == Proof::kSameRole)
    return "the same threads use both members, so the line would travel even if it held only one";
  return "the source shows separate operations on an object that is made for several threads, not "
         "the threads themselves nor how often they call";
}

Level level_of(const MemberGroup& group, const SharedPair& pair) {
  const bool is_placed = group.record == nullptr || pair.sharing == LineSharing::kAlways;
  const bool is_strong = pair.proof == Proof::kRoles && pair.is_apart && pair.is_hot && is_placed;
  return is_strong ? Level::kWarning : Level::kNote;
}

/// The strongest pair first, the later declared member foremost.
std::vector<size_t> members_by_strength(const Cluster& cluster) {
  const SharedPair& best = cluster.pairs.front();
  std::vector<size_t> members{std::max(best.written, best.other),
                              std::min(best.written, best.other)};
  for (size_t member : cluster.members)
    if (member != best.written && member != best.other) members.push_back(member);
  return members;
}

/// One access to each member.
std::vector<MemberUse> uses_of(const Cluster& cluster) {
  std::set<size_t> shown;
  std::vector<MemberUse> uses;
  for (const SharedPair& pair : cluster.pairs) {
    if (shown.insert(pair.written).second) uses.push_back({pair.written, pair.writer});
    if (shown.insert(pair.other).second) uses.push_back({pair.other, pair.user});
  }
  return uses;
}

/// Known threads first, then how much is written, atomically before plainly.
uint32_t weight_of(const MemberGroup& group, const SharedPair& pair) {
  constexpr uint32_t kMaxPoints = 10;
  const uint32_t written = std::min(write_traffic(group.members[pair.written]), kMaxPoints) +
                           std::min(write_traffic(group.members[pair.other]), kMaxPoints);
  const bool is_atomic = is_atomic_form(pair.writer->form) && is_atomic_form(pair.user->form);
  const uint32_t known = pair.proof != Proof::kRoles ? 15 : pair.is_apart ? 50 : 25;
  // Plain members of one object are mostly handed over, from one thread to the next.
  const bool is_plain = !is_atomic_form(pair.writer->form) && !is_atomic_form(pair.user->form) &&
                        group.record != nullptr;
  return (written + known + (is_atomic ? 10 : 0) + (pair.is_hot ? 10 : 0)) /
         (is_plain || pair.proof == Proof::kSameRole ? 2 : 1);
}

Finding make_finding(const CheckContext& context, const MemberGroup& group,
                     const Cluster& cluster) {
  const SharedPair& best = cluster.pairs.front();
  Finding finding =
      member_finding(kRule, context, group, members_by_strength(cluster), uses_of(cluster));
  finding.level = level_of(group, best);
  finding.message = member_list(group, cluster.members) + " " + placement(group, best) + ": " +
                    accusation(context, best);
  finding.reason = reason(best);
  finding.weight = weight_of(group, best);
  finding.advice = separate_writers(group, cluster.members, best.proof);
  return finding;
}

/// Where the linker puts globals is a guess; without known threads it would be one on another.
bool is_written_pair_reportable(const MemberGroup& group, const SharedPair& pair) {
  return group.record != nullptr || pair.proof != Proof::kOperations;
}

void report(const CheckContext& context, const MemberGroup& group, std::vector<Finding>& findings) {
  auto written = written_pairs(context, group);
  std::erase_if(written,
                [&](const SharedPair& pair) { return !is_written_pair_reportable(group, pair); });
  for (const Cluster& found : cluster(group, written))
    findings.push_back(make_finding(context, group, found));
}

void check_false_sharing(const FactIndex& index, std::vector<Finding>& findings) {
  check_groups(index, report, findings);
}

const Registration<Check> kFalseSharing{{.name = kRule, .run = check_false_sharing}};

}  // namespace
}  // namespace quarrel
