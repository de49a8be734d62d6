// Which function of the kernel does an address lie in?
#include "collect/kernel_symbols.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

namespace quarrel {
namespace {

// Names of the lock slow paths (kernel/locking/) and of what tracing puts on top of them begin so.
constexpr std::string_view kLockCode[] = {
    "__raw_",  "_raw_",     "__pv_",  "bpf_",    "__bpf",    "__traceiter_",    "trace_",
    "do_raw_", "down_",     "__down", "mutex_",  "__mutex_", "native_queued_",  "osq_",
    "percpu_", "__percpu_", "pv_",    "queued_", "rt_mutex", "__rt_mutex",      "rt_spin_",
    "rtlock_", "rwbase_",   "rwsem_", "up_",     "ww_mutex", "lock_contention", "stack_"};

bool is_lock_code(std::string_view name) {
  return std::any_of(std::begin(kLockCode), std::end(kLockCode),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

KernelSymbols KernelSymbols::read(const std::string& path) {
  KernelSymbols symbols;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    uint64_t address = 0;
    char type = 0;
    std::string name;
    if (!(fields >> std::hex >> address >> type >> name) || address == 0) continue;
    if (type == 't' || type == 'T' || type == 'w' || type == 'W')
      symbols.symbols_.push_back({address, std::move(name)});
  }
  std::stable_sort(symbols.symbols_.begin(), symbols.symbols_.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  return symbols;
}

const std::string& KernelSymbols::function_at(uint64_t address) const {
  static const std::string none;
  auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                [](uint64_t value, const Symbol& s) { return value < s.address; });
  return after != symbols_.begin() ? std::prev(after)->name : none;
}

std::string KernelSymbols::lock_caller(std::span<const uint64_t> stack) const {
  for (uint64_t address : stack) {
    if (address == 0) break;
    const std::string& name = function_at(address - 1);
    if (!name.empty() && !is_lock_code(name)) return name;
  }
  return {};
}

}  // namespace quarrel
