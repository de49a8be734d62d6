// What does a scan assume about the machine and the project, unless it is told?
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "extract/scan.h"

namespace quarrel {
namespace {

namespace fs = std::filesystem;

/// A large C++ translation unit takes 0.5 to 1 GiB in clang.
constexpr uint64_t kWorkerKib = uint64_t{1} << 20;

uint64_t available_kib() {
  std::ifstream meminfo("/proc/meminfo");
  std::string key, unit;
  uint64_t value = 0;
  while (meminfo >> key >> value) {
    if (key == "MemAvailable:") return value;
    std::getline(meminfo, unit);
  }
  return 0;
}

size_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max<size_t>(1, static_cast<size_t>(CPU_COUNT(&set)));
}

fs::path common_folder(const fs::path& a, const fs::path& b) {
  fs::path common;
  auto left = a.begin();
  for (auto right = b.begin(); left != a.end() && right != b.end() && *left == *right;
       ++left, ++right)
    common /= *left;
  return common;
}

}  // namespace

size_t default_jobs() {
  const uint64_t by_memory = available_kib() / kWorkerKib;
  return std::clamp<size_t>(static_cast<size_t>(by_memory), 1, usable_cpus());
}

std::string find_root(const std::vector<CompileCommand>& commands) {
  fs::path common;
  for (const CompileCommand& command : commands) {
    const fs::path folder = fs::path(command.file).parent_path();
    common = common.empty() ? folder : common_folder(common, folder);
  }
  std::error_code error;
  for (fs::path at = common; at.has_relative_path(); at = at.parent_path())
    if (fs::exists(at / ".git", error)) return at.string();
  return common.string();
}

}  // namespace quarrel
