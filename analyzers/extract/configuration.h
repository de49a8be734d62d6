// What does a project tell about its own functions, macros and types?
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "extract/primitives.h"

namespace quarrel {

/// The name of the file below the project root; docs/configuration.md describes it.
constexpr std::string_view kConfigurationFile = ".quarrel.toml";

/// Reads a configuration. Error: the file, the line and what is wrong there; a key that means
/// nothing is one.
Result<Primitives> parse_configuration(const std::string& text, const std::string& path);

/// The same for the file of a project; nothing is told if there is none.
Result<Primitives> read_configuration(const std::string& root);

}  // namespace quarrel
