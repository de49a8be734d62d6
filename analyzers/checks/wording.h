// How does a check say where, by whom and how an object is used?
#pragma once

#include <string>
#include <vector>

#include "checks/line_members.h"

namespace quarrel {

/// "main", "threads that run worker", "any thread" (no role is known).
std::string role_text(const CheckContext& context, SymbolId function);

/// "ring_push writes head atomically in a loop (threads that run producer)".
std::string site_text(const CheckContext& context, const AccessSite& site, std::string_view name);

/// The same of a member; who writes a lock acquires it.
std::string use_text(const CheckContext& context, const AccessSite& site, const LineMember& member);

/// The name without its scope, as in "push" for "Queue::push"; a lambda is called so.
std::string short_function_name(const FactIndex& index, SymbolId function);

/// Long template arguments are left out: "Cache<...>".
std::string short_record_name(std::string_view name);

/// "a", "a and b", "a, b and c", "a, b, c and 4 more".
std::string enumerate(const std::vector<std::string>& names);

/// The starts of the threads that run these accesses, each role once.
std::vector<FindingLocation> thread_starts(const CheckContext& context,
                                           const std::vector<const AccessSite*>& sites);

}  // namespace quarrel
