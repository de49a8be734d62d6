// How does one new file add an output format?
#pragma once

#include <string>
#include <string_view>

#include "base/registry.h"
#include "model/diagnosis.h"

namespace quarrel {

struct FormatOptions {
  bool colour = false;       ///< ANSI colours, for a terminal
  size_t max_findings = 20;  ///< shown in full; the rest is counted, never cut silently
};

/// A pure function from findings to text. Same diagnosis, same bytes.
struct Format {
  std::string_view name;  ///< "text", "json", "sarif", "html", "clang"
  std::string_view summary;
  std::string (*render)(const Diagnosis&, const FormatOptions&) = nullptr;
};

using FormatRegistry = Registry<Format>;

}  // namespace quarrel
