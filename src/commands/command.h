// How does one new file add a verb to the command line?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/command_line.h"
#include "base/registry.h"

namespace quarrel {

/// A verb: its options and what it does. `run` gets what stood behind "--" and returns the exit
/// code; the options have been stored by then.
struct Command {
  std::string name;
  CommandSpec spec;
  std::function<int(const std::vector<std::string>& command)> run;
};

using CommandRegistry = Registry<Command>;

}  // namespace quarrel
