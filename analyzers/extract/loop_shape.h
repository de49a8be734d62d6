// Which part of a loop is its condition, which its step, and what gives way to other threads?
#pragma once

#include <string_view>

#include "extract/cursor.h"

namespace quarrel {

/// The parts of a for, while or do statement; null where there is none.
struct LoopShape {
  CXCursor init{};
  CXCursor condition{};
  CXCursor step{};
  CXCursor body{};
  bool is_counted = false;  ///< as SourceLoop::is_counted
};

LoopShape shape_of_loop(CXCursor statement);

/// Is the condition the literal 0? `do { ... } while (0)` is how macros wrap statements.
bool is_never(CXCursor condition);

/// True for names of functions that pause, yield, sleep or wait, as far as the name tells.
bool is_pause_name(std::string_view name);

/// True if a call, or the class that is called, has such a name.
bool is_pause_call(CXCursor call);

}  // namespace quarrel
