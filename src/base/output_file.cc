// How does a file get to disk without harming what is there?
#include "base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace quarrel {
namespace {

Error file_error(std::string_view doing, const std::string& path) {
  return {fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno))};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

/// link() refuses to replace a file, rename() replaces it: each in one step.
bool move_into_place(const std::string& from, const std::string& to, bool overwrite) {
  if (overwrite) return ::rename(from.c_str(), to.c_str()) == 0;
  return ::link(from.c_str(), to.c_str()) == 0;
}

}  // namespace

Result<void> check_output_file(const std::string& path, bool overwrite) {
  struct stat status{};
  const bool is_there = ::lstat(path.c_str(), &status) == 0;
  if (is_there && !overwrite)
    return Error{fmt::format("{} exists; use --force to replace it", path)};
  if (is_there && S_ISDIR(status.st_mode)) return Error{fmt::format("{} is a folder", path)};
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return Error{fmt::format("cannot create {}: folder {}: {}", path, folder, std::strerror(errno))};
}

Result<void> write_output_file(const std::string& path, std::string_view text, bool overwrite) {
  TRY_VOID(check_output_file(path, overwrite));
  std::string temporary = path + ".XXXXXX";
  const Fd file(::mkstemp(temporary.data()));  // mode 0600
  if (!file.is_open()) return file_error("create a file beside", path);
  const bool written = write_all(file.get(), text);
  const bool placed = written && move_into_place(temporary, path, overwrite);
  const int saved_errno = errno;
  if (!placed || !overwrite) ::unlink(temporary.c_str());
  errno = saved_errno;
  if (!placed) return file_error(written ? "create" : "write", path);
  return {};
}

}  // namespace quarrel
