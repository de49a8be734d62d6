// How does a terminal show how locks were used?
#pragma once

#include <string>

#include "model/diagnosis.h"

namespace quarrel {

/// The locks that were held longest, and what observing them cost; "" if nobody did.
std::string render_text_lock_uses(const Diagnosis& diagnosis);

}  // namespace quarrel
