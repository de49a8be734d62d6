// Which members of one cache line do different threads write, or write and read?
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
#include "checks/line_advice.h"
#include "checks/shared_pairs.h"
#include "checks/wording.h"
#include "model/fingerprint.h"

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

std::string member_list(const MemberGroup& group, const std::vector<size_t>& members) {
  std::vector<std::string> names;
  for (size_t member : members) names.push_back(group.members[member].name);
  std::string text = enumerate(names);
  return group.record == nullptr ? text : text + " of " + group.name;
}

std::string placement(const MemberGroup& group, const SharedPair& pair) {
  if (group.record == nullptr) return "are declared side by side and likely share a cache line";
  return pair.sharing == LineSharing::kAlways
             ? "share a cache line"
             : "may share a cache line, depending on the address of the object";
}

std::string accusation(const CheckContext& context, const SharedPair& pair, bool is_read) {
  const std::string one = short_function_name(context.index, pair.writer->function);
  const std::string other = short_function_name(context.index, pair.user->function);
  if (pair.proof == Proof::kRoles)
    return one + " (" + role_text(context, pair.writer->function) + ") writes one, " + other +
           " (" + role_text(context, pair.user->function) + ") " + (is_read ? "reads" : "writes") +
           " the other";
  const std::string_view who = pair.proof == Proof::kSameRole
                                   ? "many threads run both"
                                   : "each may be called by a different thread";
  return one + " writes one, " + other + (is_read ? " reads" : " writes") + " the other, and " +
         std::string(who);
}

std::string reason(const SharedPair& pair) {
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

Level level_of(const MemberGroup& group, const SharedPair& pair, bool is_read) {
  const bool is_placed = group.record == nullptr || pair.sharing == LineSharing::kAlways;
  const bool is_strong = pair.proof == Proof::kRoles && pair.is_hot && is_placed && !is_read;
  return is_strong ? Level::kWarning : Level::kNote;
}

/// The strongest pair with the fields first, then one access to each other member.
std::vector<FindingLocation> locations(const CheckContext& context, const MemberGroup& group,
                                       const Cluster& cluster) {
  const SharedPair& best = cluster.pairs.front();
  std::vector<FindingLocation> places;
  std::vector<const AccessSite*> sites;
  auto add_field = [&](size_t member) {
    const LineMember& field = group.members[member];
    places.push_back(context.index.locate(
        field.position, "field",
        field.name + " is declared here, at offset " + std::to_string(field.bytes.begin)));
  };
  add_field(std::max(best.written, best.other));
  add_field(std::min(best.written, best.other));
  for (size_t member : cluster.members)
    if (member != best.written && member != best.other) add_field(member);
  std::set<size_t> shown;
  auto add_site = [&](size_t member, const AccessSite& site) {
    if (!shown.insert(member).second) return;
    places.push_back(context.index.locate(site, is_write(site.access) ? "writer" : "reader",
                                          site_text(context, site, group.members[member].name)));
    sites.push_back(&site);
  };
  for (const SharedPair& pair : cluster.pairs) {
    add_site(pair.written, *pair.writer);
    add_site(pair.other, *pair.user);
  }
  auto starts = thread_starts(context, sites);
  places.insert(places.end(), starts.begin(), starts.end());
  return places;
}

Subject subject(const MemberGroup& group, const Cluster& cluster) {
  Subject subject{.kind = SubjectKind::kSource, .name = group.name, .type = group.name};
  std::vector<std::string> names;
  for (size_t member : cluster.members) {
    const LineMember& field = group.members[member];
    names.push_back(field.name);
    subject.fields.push_back(
        {.name = field.name, .offset = field.bytes.begin, .size = field.bytes.size});
  }
  if (group.record == nullptr) subject.name = enumerate(names);
  return subject;
}

Finding make_finding(const CheckContext& context, const MemberGroup& group, const Cluster& cluster,
                     bool is_read) {
  const SharedPair& best = cluster.pairs.front();
  Finding finding{.rule = std::string(kRule)};
  std::vector<std::string> names;
  for (size_t member : cluster.members) names.push_back(group.members[member].name);
  finding.fingerprint = fingerprint_of(kRule, group.name, names);
  finding.level = level_of(group, best, is_read);
  finding.message = member_list(group, cluster.members) + " " + placement(group, best) + ": " +
                    accusation(context, best, is_read);
  finding.reason = reason(best);
  finding.subject = subject(group, cluster);
  finding.sharing = Sharing::kFalse;
  finding.locations = locations(context, group, cluster);
  finding.advice = is_read ? separate_readers(group, cluster.members)
                           : separate_writers(group, cluster.members, best.proof);
  return finding;
}

bool is_read_pair_reportable(const MemberGroup& group, const SharedPair& pair,
                             const std::set<size_t>& reported) {
  if (reported.contains(pair.written)) return false;
  // Where the linker puts a read-only neighbour is a guess on a guess.
  return group.record != nullptr || (pair.proof == Proof::kRoles && pair.is_hot);
}

/// Where the linker puts globals is a guess; without known threads it would be one on another.
bool is_written_pair_reportable(const MemberGroup& group, const SharedPair& pair) {
  return group.record != nullptr || pair.proof != Proof::kOperations;
}

void report(const CheckContext& context, const MemberGroup& group, std::vector<Finding>& findings) {
  std::set<size_t> reported;
  auto written = written_pairs(context, group);
  std::erase_if(written,
                [&](const SharedPair& pair) { return !is_written_pair_reportable(group, pair); });
  for (const Cluster& found : cluster(group, written)) {
    findings.push_back(make_finding(context, group, found, false));
    reported.insert(found.members.begin(), found.members.end());
  }
  auto victims = victim_pairs(context, group);
  std::erase_if(victims, [&](const SharedPair& pair) {
    return !is_read_pair_reportable(group, pair, reported);
  });
  for (const Cluster& found : cluster(group, victims))
    findings.push_back(make_finding(context, group, found, true));
}

bool is_ours(const SourceRecord& record) {
  return record.has_layout && !record.is_in_system_header && !record.is_lambda && !record.is_union;
}

/// Instantiations of one template share its fields' declarations: one finding speaks for all.
void report_records(const CheckContext& context, std::vector<Finding>& findings) {
  std::set<std::pair<SymbolId, std::string>> known;
  for (const SourceRecord& record : context.index.facts().records) {
    if (!is_ours(record)) continue;
    std::vector<Finding> found;
    report(context, members_of_record(context, record), found);
    for (Finding& finding : found) {
      std::string names;
      for (const SubjectField& field : finding.subject.fields) names += field.name + " ";
      const SymbolId source = record.pattern.is_valid() ? record.pattern : record.symbol;
      if (known.insert({source, names}).second) findings.push_back(std::move(finding));
    }
  }
}

void check_false_sharing(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext context(index);
  report_records(context, findings);
  for (const MemberGroup& group : members_of_files(context)) report(context, group, findings);
}

const Registration<Check> kFalseSharing{{.name = kRule, .run = check_false_sharing}};

}  // namespace
}  // namespace quarrel
