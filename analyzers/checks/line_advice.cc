// What should be done about members that share a line, at what price, and what should not?
#include "checks/line_advice.h"

#include "checks/wording.h"

namespace quarrel {
namespace {

std::vector<std::string> names_of(const MemberGroup& group, const std::vector<size_t>& members) {
  std::vector<std::string> names;
  for (size_t member : members) names.push_back(group.members[member].name);
  return names;
}

/// Each member on a line of its own, and nothing behind the last.
uint64_t price(const MemberGroup& group, const std::vector<size_t>& members) {
  if (group.record == nullptr) return kLineBytes * members.size();
  std::vector<uint64_t> offsets;
  for (size_t member : members) offsets.push_back(group.members[member].bytes.begin);
  const LineMember& last = group.members[members.back()];
  const uint64_t end = last.bytes.begin + last.bytes.size;
  if (end < group.record->size_bytes) offsets.push_back(end);
  return padding_price(*group.record, offsets);
}

/// offsetof reaches neither into bases nor, from outside, to what the name says is private, and as
/// a macro takes no comma. Of a variable, standard C++ cannot ask the alignment.
bool has_guard(const MemberGroup& group, const LineMember& one, const LineMember& other) {
  if (group.record == nullptr || !group.record->bases.empty()) return false;
  if (group.name.find_first_of(",( ") != group.name.npos) return false;
  return !one.name.ends_with('_') && !other.name.ends_with('_');
}

/// Empty if none can be stated in standard C++.
std::string guard(const MemberGroup& group, size_t first, size_t second) {
  const LineMember& one = group.members[first];
  const LineMember& other = group.members[second];
  if (!has_guard(group, one, other)) return "";
  const std::string& type = group.name;
  return "static_assert(alignof(" + type + ") >= 64 && offsetof(" + type + ", " + one.name +
         ") / 64 != offsetof(" + type + ", " + other.name + ") / 64, \"" + one.name + " and " +
         other.name + " on separate cache lines\");";
}

/// The remedy that a reader may think of first, and why it is not ours.
Advice refuse(std::string remedy, std::string because) {
  return {.remedy = std::move(remedy), .refused_because = std::move(because)};
}

}  // namespace

Advice pad_members(const MemberGroup& group, const std::vector<size_t>& members) {
  auto names = names_of(group, members);
  Advice advice{.remedy = "pad"};
  advice.summary = "give " + enumerate(names) + " a cache line each: alignas(64), also on what " +
                   "follows the last";
  advice.memory_bytes = price(group, members);
  advice.guard = guard(group, members.front(), members.back());
  return advice;
}

std::vector<Advice> separate_writers(const MemberGroup& group, const std::vector<size_t>& members,
                                     Proof proof) {
  if (proof != Proof::kSameRole)
    return {pad_members(group, members),
            refuse("pad",
                   "to 128 bytes instead of 64, only where a measurement "
                   "shows a gain (prefetch of the adjacent line)")};
  // Each counter itself travels between the threads: padding only stops the detours.
  Advice shard{.remedy = "shard"};
  shard.summary = "let each thread count in an object of its own and sum when reading: every " +
                  std::string("thread writes each of them, so the lines travel even when padded");
  return {shard, refuse("pad",
                        "separates the members, but the same threads write all of them: expect a "
                        "part of the gain")};
}

std::vector<Advice> separate_readers(const MemberGroup& group, const std::vector<size_t>& members) {
  std::vector<size_t> written;
  std::vector<size_t> read;
  for (size_t member : members)
    (group.members[member].writes.empty() ? read : written).push_back(member);
  Advice reorder{.remedy = "reorder"};
  reorder.summary = "move " + enumerate(names_of(group, read)) +
                    " next to other members that are only read, away from " +
                    enumerate(names_of(group, written));
  reorder.memory_bytes = 0;
  if (!read.empty() && !written.empty()) reorder.guard = guard(group, written[0], read[0]);
  return {reorder, refuse("pad", "costs memory that reordering does not")};
}

}  // namespace quarrel
