// May a mutex become an atomic?
#include <fmt/format.h>

#include "join/advice/advice.h"

namespace quarrel {

Advice advise_atomic(const AtomicTest& test, const LockEvidence& evidence,
                     const std::optional<GuardedState>& state) {
  Advice advice;
  advice.remedy = "atomic";
  if (test.holds()) {
    advice.summary = fmt::format(
        "the lock guards only {}: make it a std::atomic and use fetch_add or a compare-exchange "
        "loop without side effects; measure before and after",
        state->fields.front());
    return advice;
  }
  advice.summary = "do not replace this lock by an atomic";
  advice.refused_because = why_no_atomic(test, evidence, state);
  return advice;
}

}  // namespace quarrel
