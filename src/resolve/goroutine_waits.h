// How do waits of goroutines become waits like those of threads?
#pragma once

#include "model/recording.h"

namespace quarrel {

/// FutexSignature::operation of waits that no futex call was made for; value_class is the
/// GoLockKind.
inline constexpr uint8_t kGoroutineWait = 0x80;

/// Goroutines that waited, or made others wait, are added as threads with negative ids, and their
/// waits, stacks and holds to the tables of all waits: from here on they are waits like others.
void add_goroutine_waits(Recording& recording);

}  // namespace quarrel
