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
  /// Judges by types and layouts alone: runs also over the facts of a binary, which hold no
  /// function and no access. To any other check such facts look like a program that does nothing.
  bool needs_types_only = false;
};

using CheckRegistry = Registry<Check>;

/// True for facts that were read from the debug information of a binary.
bool are_of_binary(const SourceFacts& facts);

/// Runs every check (or, if `only` is not empty, those named) and drops suppressed findings.
std::vector<Finding> run_checks(const SourceFacts& facts,
                                const std::vector<std::string>& only = {});

}  // namespace quarrel
