// What does this host allow us, and what is the narrowest way to more?
#include "collect/availability.h"

#include <fmt/core.h>
#include <linux/capability.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "collect/proc_text.h"

namespace quarrel {
namespace {

constexpr const char* kKernelTypes = "/sys/kernel/btf/vmlinux";

std::optional<uint64_t> effective_capabilities() {
  const auto status = read_text_file("/proc/self/status");
  if (!status) return std::nullopt;
  const std::string_view hex = status_field(*status, "CapEff");
  uint64_t bits = 0;
  const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
  return parsed.ec == std::errc() ? std::optional(bits) : std::nullopt;
}

bool has(uint64_t capabilities, int capability) {
  return (capabilities >> capability & 1) != 0;
}

std::string missing_capabilities(uint64_t capabilities) {
  // CAP_SYS_ADMIN contains the two that were split off it in 5.8.
  const bool is_admin = has(capabilities, CAP_SYS_ADMIN);
  std::string missing;
  const auto need = [&](int capability, bool by_admin, const char* name) {
    if (has(capabilities, capability) || (by_admin && is_admin)) return;
    missing += missing.empty() ? name : fmt::format(" {}", name);
  };
  need(CAP_BPF, true, "CAP_BPF");
  need(CAP_PERFMON, true, "CAP_PERFMON");
  need(CAP_SYS_PTRACE, false, "CAP_SYS_PTRACE");
  return missing;
}

std::string paranoid_value() {
  std::string value = read_text_file("/proc/sys/kernel/perf_event_paranoid").value_or("unknown\n");
  value.pop_back();
  return value;
}

}  // namespace

Availability check_bpf_rights() {
  if (::access(kKernelTypes, R_OK) != 0)
    return {CollectorState::kOff,
            fmt::format("{} cannot be read: the kernel has no BTF", kKernelTypes),
            "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y (Debian's are)"};
  const auto capabilities = effective_capabilities();
  if (!capabilities)
    return {CollectorState::kOff, "/proc/self/status cannot be read", "mount -t proc proc /proc"};
  const std::string missing = missing_capabilities(*capabilities);
  if (missing.empty()) return {CollectorState::kOn, "", ""};
  return {CollectorState::kOff,
          fmt::format("missing {} (euid {}, kernel.perf_event_paranoid {})", missing, ::geteuid(),
                      paranoid_value()),
          "run as root, or once: setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_sys_admin+ep "
          "$(command -v quarrel)"};
}

Availability refused_by_kernel(const Error& error) {
  return {CollectorState::kOff, error.message, ""};
}

}  // namespace quarrel
