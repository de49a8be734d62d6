// How is a cache line drawn so that one sees who writes beside whom, also without seeing?
#pragma once

#include <string>

#include "model/diagnosis.h"

namespace quarrel {

/// The map as SVG (bytes from left to right, one row per thread) and the same facts as a table.
/// Empty if the finding shows no fields.
std::string render_html_line_map(const Finding& finding, uint32_t line_size);

}  // namespace quarrel
