// What is a kind of wait called, wherever a user reads it?
#include "model/wait_kind_name.h"

#include <algorithm>
#include <array>

namespace quarrel {

std::string wait_kind_name(WaitKind kind) {
  switch (kind) {
    case WaitKind::kMutex:
      return "mutex";
    case WaitKind::kRobustMutex:
      return "robust mutex";
    case WaitKind::kPiMutex:
      return "priority-inheriting mutex";
    case WaitKind::kRwlockRead:
      return "rwlock read";
    case WaitKind::kRwlockWrite:
      return "rwlock write";
    case WaitKind::kGoMutex:
      return "Go mutex";
    case WaitKind::kGoRwmutex:
      return "Go RWMutex";
    case WaitKind::kOwnLock:
      return "lock";
    case WaitKind::kCondvar:
      return "condition variable";
    case WaitKind::kSemaphore:
      return "semaphore";
    case WaitKind::kBarrier:
      return "barrier";
    case WaitKind::kLatch:
      return "latch";
    case WaitKind::kJoin:
      return "thread join";
    case WaitKind::kFuture:
      return "future";
    case WaitKind::kCallOnce:
      return "call once";
    case WaitKind::kAtomicWait:
      return "atomic wait";
    case WaitKind::kPark:
      return "thread park";
    case WaitKind::kChannel:
      return "channel";
    case WaitKind::kOther:
      return "other";
  }
  return "other";
}

std::vector<std::string> attribute_names(const LockAttributes& attributes) {
  std::vector<std::string> names;
  if (attributes.is_recursive) names.emplace_back("recursive");
  if (attributes.is_errorcheck) names.emplace_back("errorcheck");
  if (attributes.is_adaptive) names.emplace_back("adaptive");
  if (attributes.is_process_shared) names.emplace_back("process-shared");
  if (attributes.prefers_writers) names.emplace_back("prefers writers");
  if (attributes.is_timed) names.emplace_back("timed");
  if (attributes.is_reacquired) names.emplace_back("re-acquired after a condition variable");
  return names;
}

bool waits_for_condition(std::string_view function) {
  constexpr std::array<std::string_view, 5> kStarts = {
      "pthread_cond_", "__pthread_cond_", "___pthread_cond_", "cnd_", "std::condition_variable"};
  constexpr std::array<std::string_view, 2> kParts = {"CondVar::Wait", "condvar::"};
  return std::ranges::any_of(kStarts, [&](auto part) { return function.starts_with(part); }) ||
         std::ranges::any_of(
             kParts, [&](auto part) { return function.find(part) != std::string_view::npos; });
}

}  // namespace quarrel
