// How does a new file come to be that only its owner can read, and that overwrites nothing?
#include "store/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace quarrel {
namespace {

Error system_error(std::string_view what, const std::string& path, int code) {
  return Error{fmt::format("cannot {} {}: {}", what, path, std::strerror(code))};
}

Result<void> remove_old(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
    return Error{fmt::format("cannot overwrite {}: it is not a regular file", path)};
  if (::unlink(path.c_str()) != 0) return system_error("overwrite", path, errno);
  return {};
}

std::optional<unsigned> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  unsigned number = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, code] = std::from_chars(text, end, number);
  if (code != std::errc() || stop != end) return std::nullopt;
  return number;
}

// Best effort: a file that stays root's is still safe, and the user can read it with sudo.
void give_to_sudo_caller(int fd) {
  if (::geteuid() != 0) return;
  const std::optional<unsigned> uid = number_in("SUDO_UID");
  const std::optional<unsigned> gid = number_in("SUDO_GID");
  if (uid && gid && ::fchown(fd, *uid, *gid) != 0) errno = 0;
}

Error creation_error(const std::string& path, int code) {
  if (code == EEXIST)
    return Error{fmt::format(
        "cannot create {}: it exists; choose another name, or use --force to replace it", path)};
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (code == ENOENT || code == ENOTDIR)
    return Error{fmt::format("cannot create {}: there is no folder {}", path, folder)};
  if (code == EACCES || code == EROFS)
    return Error{fmt::format("cannot create {}: folder {} does not let you write ({})", path,
                             folder, std::strerror(code))};
  return system_error("create", path, code);
}

}  // namespace

Result<Fd> create_private_file(const std::string& path, bool overwrite) {
  if (overwrite) TRY_VOID(remove_old(path));
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return creation_error(path, errno);
  for (const char* suffix : {"-journal", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
  give_to_sudo_caller(fd.get());
  return fd;
}

Result<void> write_private_file(const std::string& path, std::string_view bytes, bool overwrite) {
  TRY(const Fd fd, create_private_file(path, overwrite));
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int code = errno;
      ::unlink(path.c_str());
      return system_error("write", path, code);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace quarrel
