// Which function of the kernel does an address lie in?
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace quarrel {

/// The functions of /proc/kallsyms, which shows addresses to root only.
class KernelSymbols {
 public:
  static KernelSymbols read(const std::string& path = "/proc/kallsyms");

  /// Empty if the addresses are hidden or the code belongs to nothing that is listed.
  const std::string& function_at(uint64_t address) const;

  /// Of a stack (innermost first), the first function that is neither a lock's own code nor
  /// tracing: who wanted the lock. Empty if there is none.
  std::string lock_caller(std::span<const uint64_t> stack) const;

 private:
  struct Symbol {
    uint64_t address = 0;
    std::string name;
  };
  std::vector<Symbol> symbols_;  // sorted by address
};

}  // namespace quarrel
