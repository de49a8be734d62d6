// Where in a Go program do goroutines wait for sync.Mutex and sync.RWMutex?
#pragma once

#include <string>
#include <vector>

#include "model/go_probe.h"

namespace quarrel {

/// One plan for each mapped Go program; none for others. Only contended paths are probed, and no
/// return is (a goroutine's stack moves, and a return address that the kernel exchanged with it).
std::vector<GoProbePlan> plan_go_probes(const Recording& recording, const std::string& sysroot);

}  // namespace quarrel
