// Where do the bytes of a perf.data file come from?
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace quarrel {

/// Bytes that can be read at any place. Reads are copies: a file that shrinks gives short reads.
class PerfInput {
 public:
  virtual ~PerfInput() = default;
  virtual uint64_t size() const = 0;
  /// Fills as much of `bytes` as there is from `offset` on; returns how much.
  virtual size_t read(uint64_t offset, std::span<uint8_t> bytes) const = 0;

  /// At most `size` bytes, fewer where the input ends.
  std::vector<uint8_t> take(uint64_t offset, uint64_t size) const;
};

/// A regular file.
Result<std::unique_ptr<PerfInput>> open_perf_input(const std::string& path);

/// Bytes in memory, which must outlive the input.
std::unique_ptr<PerfInput> perf_input_of(std::span<const uint8_t> bytes);

}  // namespace quarrel
