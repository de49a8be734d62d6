// Which frames of a stack does a reader need?
#pragma once

#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

/// One line of a printed stack, innermost first.
struct StackLine {
  std::string function;  ///< or words in place of frames that are left out
  std::string place;     ///< "file:line", else the module; empty for left-out frames
  bool is_user = false;
};

/// At most `limit` lines (3 or more): the user's frames and the start of the thread. Runs of
/// library frames become one line each; where the stack stands for several that differ within the
/// library, the innermost line says how many.
std::vector<StackLine> stack_lines(const FindingStack& stack, size_t limit);

}  // namespace quarrel
