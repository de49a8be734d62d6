// Where do the threads of the target have the thread-local variables of the program?
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "collect/elf_facts.h"
#include "collect/target_facts.h"

namespace quarrel {
namespace {

/// As the kernel names a file that was removed since; mappings carry no such mark.
constexpr std::string_view kDeletedMark = " (deleted)";

std::string path_of_program(const std::string& link) {
  std::error_code error;
  std::string path = std::filesystem::read_symlink(link, error).string();
  if (path.ends_with(kDeletedMark)) path.resize(path.size() - kDeletedMark.size());
  return path;
}

/// The module that was mapped last under that path: a program may start another build of itself.
ModuleId module_at(const Recording& recording, const std::string& path) {
  const auto& modules = recording.modules;
  const auto found = std::find_if(modules.rbegin(), modules.rend(),
                                  [&](const Module& module) { return module.path == path; });
  if (found == modules.rend()) return {};
  return {static_cast<uint32_t>(modules.rend() - found - 1)};
}

}  // namespace

void refresh_thread_local_blocks(const Target& target, Recording& recording) {
  const std::string link = fmt::format("/proc/{}/exe", target.pid);
  const ModuleId program = module_at(recording, path_of_program(link));
  if (!program.is_valid()) return;
  auto& blocks = recording.thread_local_blocks;
  if (!blocks.empty() && blocks.front().module == program) return;
  blocks.clear();
  const Fd file(::open(link.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return;
  const ElfFacts facts = read_elf_facts(file.get());
  if (facts.tls_bytes > 0)
    blocks.push_back({program, facts.tls_below_thread_pointer, facts.tls_bytes});
}

}  // namespace quarrel
