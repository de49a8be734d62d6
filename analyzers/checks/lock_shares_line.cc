// Which data that a lock does not protect, or which other lock, lies on the line of a lock?
//
// Taking a lock writes to it, and so does every thread that waits for it. On the same line belongs
// what the holder is about to use: the data that the lock protects. Data that others use without
// the lock, and other locks, lose the line with every attempt to take it.
#include <algorithm>
#include <array>

#include "checks/check.h"
#include "checks/group_findings.h"
#include "checks/line_advice.h"
#include "checks/member_finding.h"
#include "checks/name_words.h"
#include "checks/traffic.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "lock-shares-line";
// A hostile or generated record must not take quadratic time.
constexpr size_t kMaxMembers = 1024;
// One function may be chance; a loop or two functions say that lock or member are in use.
constexpr uint32_t kMinTraffic = 2;
constexpr size_t kMaxShown = 4;

/// A member on the line of a lock, with the accesses that do without the lock.
struct Stranger {
  size_t member = 0;
  std::vector<const AccessSite*> uses;
  uint32_t points = 0;
};

/// "startup_lock", "log_mutex": for what happens once, or now and then.
bool is_rarely_taken(const LineMember& lock) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"config", "debug", "dump", "exit", "hang", "init", "initialization", "log", "once", "out",
       "setup", "shutdown", "startup", "trace"});
  return has_any_word(lock.name, kWords);
}

class StrangerFinder {
 public:
  StrangerFinder(const CheckContext& context, const MemberGroup& group, size_t lock)
      : context_(context), group_(group), lock_(group.members[lock]), lock_index_(lock) {}

  std::vector<Stranger> find() const {
    std::vector<Stranger> strangers;
    for (size_t i = 0; i < group_.members.size(); ++i) {
      const LineMember& member = group_.members[i];
      if (i == lock_index_ || is_overlap(lock_, member)) continue;
      if (!likely_share_line(lock_.bytes, member.bytes, group_.alignment)) continue;
      if (is_link(group_, member)) continue;
      // Two locks are one pair, not two.
      if (member.is_lock && i < lock_index_) continue;
      Stranger stranger = member.is_lock ? other_lock(i) : foreign_data(i);
      if (stranger.points >= kMinTraffic) strangers.push_back(std::move(stranger));
    }
    return strangers;
  }

 private:
  /// Acquisitions by functions that leave this lock alone.
  Stranger other_lock(size_t other) const {
    Stranger stranger{.member = other};
    for (const Use& use : group_.members[other].writes) {
      if (lock_.is_written_in(use.site->function) || holds_lock(*use.site)) continue;
      if (is_rarely_taken(group_.members[other]) || is_same_thread(*use.site)) continue;
      stranger.uses.push_back(use.site);
      stranger.points += write_traffic(use);
    }
    return stranger;
  }

  /// Data that is mostly used under the lock is what it protects.
  Stranger foreign_data(size_t other) const {
    Stranger stranger{.member = other};
    size_t under_lock = 0;
    auto look_at = [&](const Use& use, uint32_t points) {
      if (holds_lock(*use.site)) {
        ++under_lock;
      } else if (points > 0 && !needs_line(*use.site) && !is_same_thread(*use.site)) {
        stranger.uses.push_back(use.site);
        stranger.points += points;
      }
    };
    for (const Use& use : group_.members[other].writes) look_at(use, write_traffic(use));
    for (const Use& use : group_.members[other].reads) look_at(use, read_traffic(context_, use));
    if (under_lock > stranger.uses.size()) stranger.points = 0;
    return stranger;
  }

  bool holds_lock(const AccessSite& site) const {
    const auto held = context_.locks.held_at(site);
    return std::binary_search(held.begin(), held.end(), lock_.symbol) ||
           std::binary_search(held.begin(), held.end(), lock_.symbol_in_template);
  }

  /// A function that takes the lock, and is not in a loop about it, has its line anyway; a plain
  /// write before or after disturbs those that have the lock then.
  bool needs_line(const AccessSite& site) const {
    return lock_.is_written_in(site.function) &&
           (!is_write(site.access) || is_atomic_form(site.form));
  }

  bool is_same_thread(const AccessSite& site) const {
    return std::all_of(lock_.writes.begin(), lock_.writes.end(), [&](const Use& use) {
      return context_.roles.overlap(use.site->function, site.function) == Overlap::kNever;
    });
  }

  const CheckContext& context_;
  const MemberGroup& group_;
  const LineMember& lock_;
  size_t lock_index_;
};

bool is_updated_atomically(const Stranger& stranger) {
  return std::any_of(stranger.uses.begin(), stranger.uses.end(), [](const AccessSite* site) {
    return is_atomic_form(site->form) && is_read_modify_write(*site);
  });
}

uint32_t weight_of(const LineMember& lock, const std::vector<Stranger>& strangers) {
  uint32_t points = 0;
  for (const Stranger& stranger : strangers) points = std::max(points, stranger.points);
  return weight_of_traffic(write_traffic(lock)) + weight_of_traffic(points);
}

std::vector<MemberUse> shown_uses(const LineMember& lock, size_t lock_index,
                                  const std::vector<Stranger>& strangers) {
  std::vector<MemberUse> uses{{lock_index, lock.writes.front().site}};
  for (const Stranger& stranger : strangers)
    if (uses.size() < kMaxShown) uses.push_back({stranger.member, stranger.uses.front()});
  return uses;
}

std::string message_of(const CheckContext& context, const MemberGroup& group,
                       const std::vector<size_t>& strangers, const std::vector<MemberUse>& uses) {
  const LineMember& lock = group.members[uses[0].member];
  const bool is_one = strangers.size() == 1;
  std::string text = member_list(group, strangers) + (is_one ? " lies" : " lie");
  text += group.record == nullptr ? " beside the lock " : " on the cache line of the lock ";
  text += lock.name + ", which does not protect " + (is_one ? "it: " : "them: ");
  return text + use_text(context, *uses[0].site, lock) + ", " +
         use_text(context, *uses[1].site, group.members[uses[1].member]) + " without it";
}

Advice separate(const MemberGroup& group, const std::vector<size_t>& members) {
  Advice advice = pad_members(group, members);
  advice.summary =
      "give the lock a cache line together with the data that it protects, and move "
      "what is used without it elsewhere; where the order must stay, " +
      advice.summary;
  return advice;
}

Finding make_finding(const CheckContext& context, const MemberGroup& group, size_t lock,
                     const std::vector<Stranger>& strangers) {
  std::vector<size_t> others;
  for (const Stranger& stranger : strangers) others.push_back(stranger.member);
  const auto uses = shown_uses(group.members[lock], lock, strangers);
  std::vector<size_t> members{lock};
  members.insert(members.end(), others.begin(), others.end());
  Finding finding = member_finding(kRule, context, group, members, uses);
  finding.message = message_of(context, group, others, uses);
  finding.reason =
      "the source shows who takes the lock and who does without it, not how often they meet";
  finding.weight = weight_of(group.members[lock], strangers);
  std::sort(members.begin(), members.end());
  finding.advice = {separate(group, members)};
  return finding;
}

void report(const CheckContext& context, const MemberGroup& group, std::vector<Finding>& findings) {
  if (group.members.size() > kMaxMembers) return;
  if (group.record != nullptr && is_node(*group.record)) return;
  for (size_t i = 0; i < group.members.size(); ++i) {
    const LineMember& lock = group.members[i];
    if (!lock.is_lock || is_rarely_taken(lock) || write_traffic(lock) < kMinTraffic) continue;
    auto strangers = StrangerFinder(context, group, i).find();
    // Where the linker puts globals is a guess: only locks and atomics are worth a word.
    if (group.record == nullptr)
      std::erase_if(strangers, [&](const Stranger& each) {
        return !group.members[each.member].is_lock && !is_updated_atomically(each);
      });
    if (!strangers.empty()) findings.push_back(make_finding(context, group, i, strangers));
  }
}

void check_lock_shares_line(const FactIndex& index, std::vector<Finding>& findings) {
  check_groups(index, report, findings);
}

const Registration<Check> kLockSharesLine{{.name = kRule, .run = check_lock_shares_line}};

}  // namespace
}  // namespace quarrel
