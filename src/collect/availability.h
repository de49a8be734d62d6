// What does this host allow us, and what is the narrowest way to more?
#pragma once

#include "collect/collector.h"

namespace quarrel {

/// The checks that every BPF collector shares, cheapest first: kernel type information, and the
/// rights to load programs and open perf events. On if nothing is missing.
Availability check_bpf_rights();

/// Off, because loading or attaching the real program failed with `error`.
Availability refused_by_kernel(const Error& error);

}  // namespace quarrel
