// What can quarrel measure on this host, and what would it take to measure more?
#include <fmt/format.h>

#include <cstdio>

#include "collect/collector.h"
#include "commands/command.h"
#include "report/words.h"

namespace quarrel {
namespace {

int run(const std::vector<std::string>&) {
  const HostFacts host = read_host_facts();
  fmt::print("host            Linux {} {}, {} CPUs, {} B cache lines\n", host.kernel, host.machine,
             host.cpus, host.line_size);
  bool all_on = true;
  for (const CollectorInfo& info : CollectorRegistry::all()) {
    const Availability availability = info.probe();
    all_on = all_on && (availability.state == CollectorState::kOn || info.is_often_missing);
    fmt::print("{:<15} {:<9} {}\n", info.name, state_word(availability.state), info.summary);
    if (!availability.reason.empty()) fmt::print("{:<15} because   {}\n", "", availability.reason);
    if (!availability.fix.empty()) fmt::print("{:<15} fix       {}\n", "", availability.fix);
  }
  return all_on ? kExitClean : kExitPartial;
}

const Registration<Command> kDoctor{{
    "doctor",
    {.name = "doctor",
     .summary = "Say which collectors work here, and the narrowest fix for those that do not",
     .details = "Exit: 0 all work (but for those that need a PMU), 3 some are off or degraded."},
    run,
}};

}  // namespace
}  // namespace quarrel
