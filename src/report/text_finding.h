// How does one finding read in a terminal?
#pragma once

#include <string>

#include "model/diagnosis.h"

namespace quarrel {

/// The whole finding: message, waits, threads, line map, source lines, stacks, advice.
std::string render_text_finding(const Finding& finding, size_t number, uint32_t line_size,
                                bool colour);

}  // namespace quarrel
