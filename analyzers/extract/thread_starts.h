// Does a call start a thread, and which function does that thread run?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "extract/cursor.h"

namespace quarrel {

/// How a call looks that makes something run in another thread.
struct ThreadStart {
  std::string mechanism;    ///< as ThreadEntry::mechanism
  CXCursor callable{};      ///< the argument that is the function
  CXCursor argument{};      ///< what the function gets, if that is one of the arguments; or null
  bool is_many = false;     ///< several threads may run it at the same time, as in a pool
  bool is_guessed = false;  ///< by names only: it counts if `callable` is a known function
};

/// std::thread and the like (also those of other libraries, named thread), emplace_back into a
/// container of them, std::async, pthread_create and functions with such names, tasks handed to
/// executors, pools and queues, parallel algorithms.
std::optional<ThreadStart> thread_start(CXCursor call);

/// The arguments that a call hands over to the thread that it starts; empty for any other call.
std::vector<CXCursor> arguments_for_thread(CXCursor call);

/// If a method overrides the body of a thread class, as `run` of a class derived from Thread: the
/// name of that class with the method; else "".
std::string thread_class_method(CXCursor method);

}  // namespace quarrel
