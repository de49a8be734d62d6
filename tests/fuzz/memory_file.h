// How does a fuzz target hand bytes to a reader that opens its file by a path?
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/fd.h"

namespace quarrel {

/// A file that exists only as long as its descriptor.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("fuzzed", MFD_CLOEXEC)) {}

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

  void replace(const uint8_t* data, size_t size) const {
    const bool is_done = ::ftruncate(fd_.get(), 0) == 0 &&
                         ::pwrite(fd_.get(), data, size, 0) == static_cast<ssize_t>(size);
    if (!is_done) __builtin_trap();
  }

 private:
  Fd fd_;
};

}  // namespace quarrel
