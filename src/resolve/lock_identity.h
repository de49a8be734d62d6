// Which futex words are one lock, of which kind, and what is it called?
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/profile.h"

namespace quarrel {

/// Names that were found for data addresses.
using AddressNames = std::unordered_map<uint64_t, DataObject>;

/// The functions of a stack, innermost first, with the inlined ones: as many as it takes to tell
/// what the thread waits for. They live as long as `frames`.
std::vector<std::string_view> functions_on(const Recording& recording,
                                           const std::vector<ResolvedFrame>& frames, StackId stack);

/// Every futex word that the recording has waits for; sorted.
std::vector<uint64_t> lock_words(const Recording& recording);

/// "g_mutex.mu_" -> "g_mutex": a variable that is a lock by its type is named, not its first
/// member. Critical sections of OpenMP are variables that only the compiler names.
DataObject as_lock(DataObject object);

/// One identity for each synchronisation object, sorted by its first word. Words belong together
/// if glibc's layout of the kind says so, or if they lie in one named object of that kind. What has
/// no name is described by the function that waits for it: an address would differ in every run.
std::vector<LockIdentity> identify_locks(const Recording& recording,
                                         const std::vector<ResolvedFrame>& frames,
                                         const AddressNames& names);

}  // namespace quarrel
