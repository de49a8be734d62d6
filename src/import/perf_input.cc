// Where do the bytes of a perf.data file come from?
#include "import/perf_input.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace quarrel {
namespace {

class FileInput : public PerfInput {
 public:
  FileInput(Fd fd, uint64_t size) : fd_(std::move(fd)), size_(size) {}

  uint64_t size() const override { return size_; }

  size_t read(uint64_t offset, std::span<uint8_t> bytes) const override {
    size_t done = 0;
    while (done < bytes.size() && offset + done < size_) {
      const ssize_t got = ::pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

 private:
  Fd fd_;
  uint64_t size_;
};

class MemoryInput : public PerfInput {
 public:
  explicit MemoryInput(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t size() const override { return bytes_.size(); }

  size_t read(uint64_t offset, std::span<uint8_t> bytes) const override {
    if (offset >= bytes_.size()) return 0;
    const size_t count = std::min<uint64_t>(bytes.size(), bytes_.size() - offset);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count, bytes.begin());
    return count;
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> PerfInput::take(uint64_t offset, uint64_t wanted) const {
  if (offset >= size()) return {};
  std::vector<uint8_t> bytes(std::min(wanted, size() - offset));
  bytes.resize(read(offset, bytes));
  return bytes;
}

Result<std::unique_ptr<PerfInput>> open_perf_input(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0)
    return Error{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  if (S_ISDIR(status.st_mode))
    return Error{path +
                 " is a folder, as 'perf record --threads' writes it: record without --threads"};
  if (!S_ISREG(status.st_mode)) return Error{path + " is not a regular file; save it as one first"};
  const auto size = static_cast<uint64_t>(status.st_size);
  return std::unique_ptr<PerfInput>(std::make_unique<FileInput>(std::move(fd), size));
}

std::unique_ptr<PerfInput> perf_input_of(std::span<const uint8_t> bytes) {
  return std::make_unique<MemoryInput>(bytes);
}

}  // namespace quarrel
