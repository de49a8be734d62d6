// What number has the kernel given to a tracepoint, even where tracefs is not mounted?
#include "collect/tracefs.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "collect/proc_text.h"

namespace quarrel {
namespace {

constexpr const char* kTracefs = "/sys/kernel/tracing";

bool is_mounted() {
  return ::access("/sys/kernel/tracing/events", R_OK | X_OK) == 0;
}

std::map<std::string, uint64_t> read_ids(const std::vector<std::string>& names) {
  std::map<std::string, uint64_t> ids;
  for (const std::string& name : names) {
    const auto text = read_text_file(fmt::format("{}/events/{}/id", kTracefs, name));
    const auto id = text ? last_number(*text) : std::nullopt;
    if (id && *id > 0) ids[name] = static_cast<uint64_t>(*id);
  }
  return ids;
}

Error mount_error(const char* step, int error) {
  return {
      fmt::format("tracefs is not mounted and cannot be mounted privately: {}: {}; run as root, or "
                  "once as root: "
                  "mount -t tracefs tracefs {}",
                  step, std::strerror(error), kTracefs)};
}

/// In the calling thread only. Making every mount private first keeps the new one from spreading to
/// the host through a shared parent.
Result<void> mount_privately() {
  if (::unshare(CLONE_NEWNS) != 0) return mount_error("unshare(CLONE_NEWNS)", errno);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return mount_error("making mounts private", errno);
  if (::mount("tracefs", kTracefs, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return mount_error("mount", errno);
  return {};
}

}  // namespace

Result<std::map<std::string, uint64_t>> read_tracepoint_ids(const std::vector<std::string>& names) {
  if (is_mounted()) return read_ids(names);
  Result<std::map<std::string, uint64_t>> result = Error{};
  // The namespace ends with the thread, and the mount with the namespace.
  std::thread reader([&] {
    const Result<void> mounted = mount_privately();
    if (mounted)
      result = read_ids(names);
    else
      result = mounted.error();
  });
  reader.join();
  return result;
}

}  // namespace quarrel
