// Which members that others only read lie on the line of one that is written all the time?
//
// A reader of a member that never changes should have its line in the cache for good. If a counter
// on the same line is updated, each update takes the line away. The remedy mostly costs nothing:
// put what is written and what is read on different lines by moving the declarations.
#include <algorithm>
#include <array>
#include <map>

#include "checks/check.h"
#include "checks/group_findings.h"
#include "checks/identifiers.h"
#include "checks/line_advice.h"
#include "checks/member_finding.h"
#include "checks/name_words.h"
#include "checks/operations.h"
#include "checks/traffic.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "hot-cold";
// A hostile or generated record must not take quadratic time.
constexpr size_t kMaxMembers = 1024;
// One reading function may be chance; a loop or two functions say that the member is in use.
constexpr uint32_t kMinReadTraffic = 2;
// Stores in one function are written now and then.
constexpr uint32_t kMinWriteTraffic = 3;
constexpr size_t kMaxShown = 3;

using Members = std::vector<size_t>;

/// Members of one line: some written, others only read.
struct Mix {
  Members written;
  Members read;
  std::vector<MemberUse> readings;  ///< by functions that have no need of the written ones
  uint32_t written_points = 0;
  uint32_t read_points = 0;
  bool is_proven = false;  ///< threads of different roles write and read
};

class MixFinder {
 public:
  MixFinder(const CheckContext& context, const MemberGroup& group)
      : context_(context), group_(group) {}

  std::vector<Mix> find() const {
    std::map<uint64_t, Mix> by_line;
    for (size_t i = 0; i < group_.members.size(); ++i)
      if (is_busy(group_.members[i]))
        by_line[group_.members[i].bytes.begin / kLineBytes].written.push_back(i);
    std::vector<Mix> mixes;
    for (auto& [line, mix] : by_line) {
      for (size_t i = 0; i < group_.members.size(); ++i)
        if (group_.members[i].writes.empty()) add_reader(mix, i);
      if (!mix.read.empty()) mixes.push_back(finished(std::move(mix)));
    }
    return mixes;
  }

 private:
  bool is_busy(const LineMember& member) const {
    if (member.is_lock || is_link(group_, member)) return false;
    return is_updated_atomically(member) || is_stored_in_threads(member) || is_worked_on(member);
  }

  static bool is_updated_atomically(const LineMember& member) {
    return std::any_of(member.writes.begin(), member.writes.end(), [](const Use& use) {
      return is_atomic_form(use.site->form) && is_read_modify_write(*use.site);
    });
  }

  /// Stores alone, without known threads, are those of list nodes and the like.
  bool is_stored_in_threads(const LineMember& member) const {
    return write_traffic(member) >= kMinWriteTraffic &&
           std::any_of(member.writes.begin(), member.writes.end(), [&](const Use& use) {
             return use.heat == Heat::kHot && !context_.roles.of(use.site->function).empty();
           });
  }

  /// Written plainly by whoever owns it, in an object that has atomics or locks for the others.
  /// Only where moving it costs nothing: what fits into a line would have to be padded.
  bool is_worked_on(const LineMember& member) const {
    if (group_.record->size_bytes <= kLineBytes) return false;
    return std::any_of(member.writes.begin(), member.writes.end(), [&](const Use& use) {
      return context_.locks.held_at(*use.site).empty() && !use.site->is_indexed_by_variable &&
             is_work(context_.index.function_name(use.site->function));
    });
  }

  void add_reader(Mix& mix, size_t read) const {
    uint32_t points = 0;
    std::vector<MemberUse> readings;
    for (const Use& use : group_.members[read].reads) {
      const uint32_t traffic = read_traffic(context_, use);
      if (traffic == 0 || is_own_latch(group_.members[read], *use.site)) continue;
      if (!is_disturbed(mix, read, use)) continue;
      points += traffic;
      readings.push_back({read, use.site});
    }
    if (points < kMinReadTraffic) return;
    mix.read.push_back(read);
    mix.read_points += points;
    mix.readings.insert(mix.readings.end(), readings.begin(), readings.end());
  }

  /// `if (!seen) seen = true;`
  bool is_own_latch(const LineMember& read, const AccessSite& reader) const {
    const auto sites = context_.index.accesses_to(read.symbol);
    return std::any_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
      return is_write(site->access) && site->function == reader.function;
    });
  }

  bool is_beside(size_t a, size_t b) const {
    const LineMember& one = group_.members[a];
    const LineMember& other = group_.members[b];
    return !is_overlap(one, other) && likely_share_line(one.bytes, other.bytes, group_.alignment);
  }

  /// Is the line written by others, while this reader needs nothing of what they write?
  bool is_disturbed(const Mix& mix, size_t read, const Use& reader) const {
    bool is_hit = false;
    for (size_t written : mix.written) {
      const LineMember& member = group_.members[written];
      if (!is_beside(written, read)) continue;
      if (member.is_used_in(reader.site->function)) return false;
      if (is_one_operation(member, *reader.site)) return false;
      is_hit = is_hit || is_written_meanwhile(member, group_.members[read], *reader.site);
    }
    return is_hit;
  }

  /// Is whoever reads on the way to write, or on the way back? Then one thread does both.
  bool is_one_operation(const LineMember& written, const AccessSite& reader) const {
    const auto& own = context_.operations.of(reader.function);
    return own.size() == 1 &&
           std::all_of(written.writes.begin(), written.writes.end(), [&](const Use& writer) {
             return context_.operations.of(writer.site->function) == own;
           });
  }

  bool is_written_meanwhile(const LineMember& written, const LineMember& read,
                            const AccessSite& reader) const {
    return std::any_of(written.writes.begin(), written.writes.end(), [&](const Use& writer) {
      // Who updates one for others needs the rest of the line less than they do.
      const bool is_friend =
          is_atomic_form(writer.site->form) && read.is_used_in(writer.site->function);
      return !is_friend && !are_elements(*writer.site, reader) &&
             !context_.locks.share_lock(*writer.site, reader) &&
             context_.roles.overlap(writer.site->function, reader.function) != Overlap::kNever;
    });
  }

  /// Each thread its own, as far as one can see.
  static bool are_elements(const AccessSite& one, const AccessSite& other) {
    return one.is_indexed_by_variable && other.is_indexed_by_variable;
  }

  Mix finished(Mix mix) const {
    // Only those that disturb the readers found.
    std::erase_if(mix.written, [&](size_t written) {
      return std::none_of(mix.read.begin(), mix.read.end(),
                          [&](size_t read) { return is_beside(written, read); });
    });
    for (size_t written : mix.written) mix.written_points += write_traffic(group_.members[written]);
    for (const MemberUse& reading : mix.readings)
      for (size_t written : mix.written)
        for (const Use& writer : group_.members[written].writes)
          mix.is_proven = mix.is_proven ||
                          context_.roles.overlap(writer.site->function, reading.site->function) ==
                              Overlap::kDifferentRoles;
    return mix;
  }

  const CheckContext& context_;
  const MemberGroup& group_;
};

bool is_counting_references_only(const MemberGroup& group, const Mix& mix) {
  return std::all_of(mix.written.begin(), mix.written.end(),
                     [&](size_t member) { return is_reference_count(group.members[member]); });
}

bool is_atomic(const LineMember& member) {
  return std::any_of(member.writes.begin(), member.writes.end(),
                     [](const Use& use) { return is_atomic_form(use.site->form); });
}

uint32_t weight_of(const MemberGroup& group, const Mix& mix) {
  const uint32_t points =
      weight_of_traffic(mix.written_points) + weight_of_traffic(mix.read_points);
  const bool is_plain = std::none_of(mix.written.begin(), mix.written.end(), [&](size_t member) {
    return is_atomic(group.members[member]);
  });
  if (is_plain || is_counting_references_only(group, mix)) return points / 4;
  return std::min<uint32_t>(points + (mix.is_proven ? 20 : 0), 100);
}

/// The best writer of each written member, then the first readings of different members.
std::vector<MemberUse> shown_uses(const MemberGroup& group, const Mix& mix) {
  std::vector<MemberUse> uses;
  for (size_t member : mix.written) {
    const auto& writes = group.members[member].writes;
    const auto best = std::max_element(
        writes.begin(), writes.end(),
        [](const Use& a, const Use& b) { return write_traffic(a) < write_traffic(b); });
    if (uses.size() < kMaxShown) uses.push_back({member, best->site});
  }
  Members shown;
  for (const MemberUse& reading : mix.readings) {
    if (shown.size() == kMaxShown || std::count(shown.begin(), shown.end(), reading.member) > 0)
      continue;
    shown.push_back(reading.member);
    uses.push_back(reading);
  }
  return uses;
}

std::string message_of(const CheckContext& context, const MemberGroup& group, const Mix& mix,
                       const std::vector<MemberUse>& uses) {
  const auto reading = std::find_if(uses.begin(), uses.end(), [&](const MemberUse& use) {
    return std::count(mix.read.begin(), mix.read.end(), use.member) > 0;
  });
  std::string text =
      member_list(group, mix.read) + (mix.read.size() == 1 ? ", which is" : ", which are");
  text += " only read, lie" + std::string(mix.read.size() == 1 ? "s" : "") +
          " on the cache line of " + name_list(group, mix.written) + ": ";
  text += use_text(context, *uses.front().site, group.members[uses.front().member]);
  if (reading != uses.end())
    text += ", " + use_text(context, *reading->site, group.members[reading->member]);
  return text;
}

Finding make_finding(const CheckContext& context, const MemberGroup& group, const Mix& mix) {
  Members members = mix.written;
  members.insert(members.end(), mix.read.begin(), mix.read.end());
  const auto uses = shown_uses(group, mix);
  Finding finding = member_finding(kRule, context, group, members, uses);
  finding.message = message_of(context, group, mix, uses);
  finding.reason = mix.is_proven
                       ? "different threads write and read; how often, only a recording can say"
                       : "the source shows who writes and who only reads, not how often they run "
                         "at the same time";
  finding.weight = weight_of(group, mix);
  std::sort(members.begin(), members.end());
  finding.advice = separate_readers(group, members);
  return finding;
}

/// "debug_count", "ErrorLog": hot only when something is wrong.
bool is_for_trouble(const SourceRecord& record) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"debug", "error", "log", "trace", "warning"});
  return has_any_word(simple_name(record.name), kWords);
}

void report(const CheckContext& context, const MemberGroup& group, std::vector<Finding>& findings) {
  // Where the linker puts globals is a guess; what it would disturb, a second one.
  if (group.record == nullptr || !group.is_concurrent || is_node(*group.record)) return;
  if (is_for_trouble(*group.record)) return;
  if (group.members.size() > kMaxMembers) return;
  for (const Mix& mix : MixFinder(context, group).find())
    findings.push_back(make_finding(context, group, mix));
}

void check_hot_cold(const FactIndex& index, std::vector<Finding>& findings) {
  check_groups(index, report, findings);
}

const Registration<Check> kHotCold{{.name = kRule, .run = check_hot_cold}};

}  // namespace
}  // namespace quarrel
