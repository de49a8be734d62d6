// How often may an access run, argued from the source alone?
#pragma once

#include <vector>

#include "checks/fact_index.h"
#include "checks/roles.h"

namespace quarrel {

/// Ordered. Cold: during setup or once in a thread's life. Warm: whenever an operation is called,
/// how often is unknown. Hot: in a loop, of its function or on the way to it.
enum class Heat : uint8_t { kCold, kWarm, kHot };

/// Loop depth, thread roles and kind of access decide. A measurement should replace it.
class Hotness {
 public:
  Hotness(const FactIndex& index, const ThreadRoles& roles);

  /// `type` is that of the accessed field or variable.
  Heat of(const AccessSite& site, std::string_view type) const;

  /// Is the object not shared yet, or no longer: constructors, destructors, initialisers, and plain
  /// accesses or stores in functions whose name says setup (init, reset, clear, ...) or that only
  /// functions of initialisation and configuration call?
  bool is_setup(const AccessSite& site) const;

  /// Does its name say setup, or is it called in setup only?
  bool is_setup_function(SymbolId function) const {
    return function.value < is_setup_function_.size() && is_setup_function_[function.value];
  }

 private:
  void spread_setup();
  bool is_called_in_setup_only(SymbolId function) const;

  const FactIndex& index_;
  const ThreadRoles& roles_;
  std::vector<bool> is_setup_function_;  // by symbol
};

}  // namespace quarrel
