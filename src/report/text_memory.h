// How does a terminal show cache lines as the processor saw them?
#pragma once

#include <string>

#include "model/diagnosis.h"

namespace quarrel {

/// "" without memory samples.
std::string render_text_memory(const Diagnosis& diagnosis);

}  // namespace quarrel
