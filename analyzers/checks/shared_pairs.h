// Do two members of one cache line belong to different threads?
#pragma once

#include <optional>
#include <vector>

#include "checks/line_members.h"

namespace quarrel {

/// Why two accesses are taken to come from different threads; weakest first.
enum class Proof : uint8_t {
  kOperations,  ///< operations of a concurrent class, each with its own member
  kSameRole,    ///< functions that many threads of one role run
  kRoles,       ///< threads of different roles
};

/// Two members that share a line although different threads use them.
struct SharedPair {
  size_t written = 0;  ///< into MemberGroup::members
  size_t other = 0;
  const AccessSite* writer = nullptr;
  const AccessSite* user = nullptr;  ///< a writer of `other`
  Proof proof = Proof::kOperations;
  LineSharing sharing = LineSharing::kAlways;
  bool is_hot = false;    ///< both accesses in loops
  bool is_apart = false;  ///< no thread runs both accesses
};

/// The pairs of a group of which both members are written, each by functions that leave the other
/// alone, outside any common lock. Functions that write both make friends of them: then the line
/// travels anyway. Locks are left to another question.
std::vector<SharedPair> written_pairs(const CheckContext& context, const MemberGroup& group);
}  // namespace quarrel
