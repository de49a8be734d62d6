// How are BPF programs tied to instructions of one process?
#include "collect/uprobes.h"

#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace quarrel {
namespace {

// BPF_TRACE_UPROBE_MULTI of enum bpf_attach_type; Debian 12's headers are older.
constexpr uint32_t kUprobeMulti = 48;

/// The part of union bpf_attr that BPF_LINK_CREATE reads for it (include/uapi/linux/bpf.h, 6.6).
struct UprobeMultiLink {
  uint32_t program_fd = 0;
  uint32_t target_fd = 0;
  uint32_t attach_type = kUprobeMulti;
  uint32_t link_flags = 0;
  uint64_t path = 0;
  uint64_t offsets = 0;
  uint64_t reference_counters = 0;
  uint64_t cookies = 0;
  uint32_t count = 0;
  uint32_t flags = 0;
  uint32_t pid = 0;
  uint32_t pad = 0;
};
static_assert(sizeof(UprobeMultiLink) == 64);

uint64_t address_of(const void* data) {
  return reinterpret_cast<uint64_t>(data);
}

}  // namespace

uint8_t register_word(uint8_t dwarf_register) {
  static constexpr std::array<uint8_t, 16> kWords = {10, 12, 11, 5, 13, 14, 4, 19,
                                                     9,  8,  7,  6, 3,  2,  1, 0};
  return kWords[dwarf_register % kWords.size()];
}

void expect_uprobes(bpf_program* program) {
  bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(kUprobeMulti));
}

Result<Fd> attach_uprobes(int program_fd, pid_t pid, const std::string& path,
                          const std::vector<UprobeSite>& sites) {
  std::vector<uint64_t> offsets, cookies;
  for (const UprobeSite& site : sites) {
    offsets.push_back(site.file_offset);
    cookies.push_back(site.cookie);
  }
  UprobeMultiLink link;
  link.program_fd = static_cast<uint32_t>(program_fd);
  link.path = address_of(path.c_str());
  link.offsets = address_of(offsets.data());
  link.cookies = address_of(cookies.data());
  link.count = static_cast<uint32_t>(sites.size());
  link.pid = static_cast<uint32_t>(pid);
  Fd fd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link))));
  if (fd.is_open()) return fd;
  return Error{fmt::format("attaching {} probes to {}: {} (uprobe_multi, Linux 6.6)", sites.size(),
                           path, std::strerror(errno))};
}

}  // namespace quarrel
