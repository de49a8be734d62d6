// What does this host allow us, and what is the narrowest way to more?
#pragma once

#include "collect/collector.h"

namespace quarrel {

/// The checks that every BPF collector shares, cheapest first: kernel type information, and the
/// rights to load programs and open perf events. On if nothing is missing.
Availability check_bpf_rights();

/// Off, because loading or attaching the real program failed with `error`.
Availability refused_by_kernel(const Error& error);

/// For collectors that have all they need if `load`, which returns a Result, can load their
/// program.
template <class Load>
Availability probe_program(Load load) {
  const Availability rights = check_bpf_rights();
  if (rights.state == CollectorState::kOff) return rights;
  const auto loaded = load();
  return loaded ? rights : refused_by_kernel(loaded.error());
}

}  // namespace quarrel
