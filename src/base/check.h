// How does quarrel stop when its own invariant is broken?
#pragma once

namespace quarrel {

/// Prints the broken condition with its place and aborts. For our own bugs only: bad input is an
/// Error, missing evidence is Coverage.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace quarrel

/// Kept in release builds: a wrong report costs the user more than an abort.
#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::quarrel::check_failed(#condition, __FILE__, __LINE__))
