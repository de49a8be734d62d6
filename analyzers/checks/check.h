// How does one new file add a static check?
#pragma once

#include <string_view>
#include <vector>

#include "base/registry.h"
#include "model/diagnosis.h"
#include "model/source_facts.h"

namespace quarrel {

class FactIndex;

/// The entry by which one file in analyzers/checks/ adds a check. A check is a pure function from
/// facts to findings; libclang is not at hand here, so that a check can be tested on facts alone.
struct Check {
  std::string_view name;  ///< the rule id; docs/rules/<name>.md is its manual page
  void (*run)(const FactIndex& index, std::vector<Finding>& findings) = nullptr;
};

using CheckRegistry = Registry<Check>;

/// Runs every check (or, if `only` is not empty, those named) and drops suppressed findings.
std::vector<Finding> run_checks(const SourceFacts& facts,
                                const std::vector<std::string>& only = {});

}  // namespace quarrel
