// What is a kind of wait called, wherever a user reads it?
#include "model/wait_kind_name.h"

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
    case WaitKind::kCondvar:
      return "condition variable";
    case WaitKind::kSemaphore:
      return "semaphore";
    case WaitKind::kBarrier:
      return "barrier";
    case WaitKind::kJoin:
      return "thread join";
    case WaitKind::kAtomicWait:
      return "atomic wait";
    case WaitKind::kOther:
      return "other";
  }
  return "other";
}

}  // namespace quarrel
