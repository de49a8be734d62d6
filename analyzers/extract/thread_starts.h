// Does a call start a thread, and which function does that thread run?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "extract/cursor.h"

namespace quarrel {

struct ThreadStart {
  CXCursor entry{};       ///< a function, or a LambdaExpr
  std::string mechanism;  ///< as ThreadEntry::mechanism
};

/// std::thread and jthread constructors, emplace_back into a container of them, std::async,
/// pthread_create, thrd_create. Nothing if the entry is a value that only run time knows.
std::optional<ThreadStart> thread_start(CXCursor call);

/// The arguments that a call hands over to the thread that it starts, whether or not the entry is
/// known; empty for any other call.
std::vector<CXCursor> arguments_for_thread(CXCursor call);

}  // namespace quarrel
