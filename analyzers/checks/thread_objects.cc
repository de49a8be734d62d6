// Which objects of threads, allocated one by one, are so small that two share a line?
//
// A record that each thread registers itself with is written by its thread and read by those that
// look for all threads. The allocator does not know: it puts small objects side by side, those of
// two threads as well, or one beside whatever else was just allocated.
#include <algorithm>

#include "checks/element_findings.h"
#include "checks/group_findings.h"
#include "checks/identifiers.h"
#include "checks/member_finding.h"
#include "checks/name_words.h"
#include "checks/traffic.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr uint64_t kHeapGranule = 16;
constexpr uint64_t kHeapHeader = 8;
constexpr uint32_t kMinTraffic = 2;

/// "thread_data", "PerThread", "ThreadEntry"; not "ThreadPool", of which there is one.
bool is_of_thread(const SourceRecord& record) {
  static constexpr std::array<std::string_view, 12> kWholes = {
      "pool",  "pools",   "factory", "manager", "group",  "list",
      "local", "options", "config",  "base",    "traits", "executor"};
  return names_thread(record.name) && !has_any_word(simple_name(record.name), kWholes);
}

/// Atomics that somebody updates while others look; links to other objects apart.
std::vector<size_t> hot_members(const MemberGroup& group) {
  std::vector<size_t> hot;
  for (size_t i = 0; i < group.members.size(); ++i) {
    const LineMember& member = group.members[i];
    const bool is_atomic =
        std::any_of(member.writes.begin(), member.writes.end(),
                    [](const Use& use) { return is_atomic_form(use.site->form); });
    const bool is_own = member.parent == group.record && member.type.find('*') == std::string::npos;
    if (is_atomic && is_own && !member.is_lock) hot.push_back(i);
  }
  return hot;
}

bool do_neighbours_share(const MemberGroup& group, const std::vector<size_t>& hot) {
  const LineMember& first = group.members[hot.front()];
  const LineMember& last = group.members[hot.back()];
  const ByteRange written{first.bytes.begin,
                          last.bytes.begin + last.bytes.size - first.bytes.begin};
  const uint64_t chunk =
      (group.record->size_bytes + kHeapHeader + kHeapGranule - 1) / kHeapGranule * kHeapGranule;
  const ByteRange next{written.begin + chunk, written.size};
  return likely_share_line(written, next, group.alignment);
}

/// An array of them is a finding of its own; a local or a member of another object is no chunk.
bool is_allocated_alone(const FactIndex& index, const SourceRecord& record) {
  const auto allocations = index.allocations_of(record.symbol);
  if (allocations.empty()) return is_node(record) && index.embedding_count(record.symbol) == 0;
  return std::none_of(allocations.begin(), allocations.end(),
                      [](const SourceAllocation* each) { return each->is_array; });
}

Finding make_finding(const CheckContext& context, const MemberGroup& group,
                     const std::vector<size_t>& hot) {
  const Use& writer = group.members[hot.front()].writes.front();
  Finding finding =
      member_finding(kArrayStrideRule, context, group, hot, {{hot.front(), writer.site}});
  finding.message = "objects of " + short_record_name(group.name) + " (" +
                    std::to_string(group.record->size_bytes) +
                    " bytes), one for each thread by its name, are allocated one by one and can "
                    "share a cache line with those of other threads: " +
                    site_text(context, *writer.site, group.members[hot.front()].name);
  finding.reason =
      "the source shows a small object for each thread that its thread writes; where "
      "the allocator puts two of them only a run shows";
  finding.weight = 40;
  Advice advice{.remedy = "pad"};
  advice.summary = "declare " + group.name +
                   " alignas(64), and allocate it with an allocator that honours the alignment";
  advice.memory_bytes = padding_price(*group.record, {});
  finding.advice = {advice};
  return finding;
}

}  // namespace

void report_thread_objects(const CheckContext& context, std::vector<Finding>& findings) {
  for (const SourceRecord& record : context.index.facts().records) {
    if (!is_own_record(record) || !is_of_thread(record)) continue;
    if (record.align_bytes >= kLineBytes || !is_allocated_alone(context.index, record)) continue;
    const MemberGroup group = members_of_record(context, record);
    const auto hot = hot_members(group);
    uint32_t points = 0;
    for (size_t member : hot) points += write_traffic(group.members[member]);
    if (points < kMinTraffic || !do_neighbours_share(group, hot)) continue;
    findings.push_back(make_finding(context, group, hot));
  }
}

}  // namespace quarrel
