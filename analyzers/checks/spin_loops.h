// Which loops only wait for another thread?
#pragma once

#include <vector>

#include "checks/loops.h"
#include "checks/shared_objects.h"

namespace quarrel {

/// A loop that asks one atomic or volatile object again and again, and does nothing else.
struct SpinLoop {
  LoopContents contents;
  const AccessSite* probe = nullptr;  ///< the access in its condition
  bool has_plain_look = false;        ///< the object is also only read in the loop
};

std::vector<SpinLoop> spin_loops(const FactIndex& index);

}  // namespace quarrel
