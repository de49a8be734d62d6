// How do records come out of compressed records?
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace quarrel {

/// Decompresses the one zstd stream that all compressed records of a file form together.
class PerfUnpacker {
 public:
  PerfUnpacker();
  ~PerfUnpacker();
  PerfUnpacker(const PerfUnpacker&) = delete;
  PerfUnpacker& operator=(const PerfUnpacker&) = delete;

  /// Gives the unpacker the next piece. False if the stream was damaged before.
  bool feed(std::span<const uint8_t> packed);

  /// Appends some more of what was fed to `bytes`, at most kPieceBytes. False: nothing is left, or
  /// is_damaged().
  bool unpack_some(std::vector<uint8_t>& bytes);

  bool is_damaged() const { return is_damaged_; }
  bool is_too_long() const { return is_too_long_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::span<const uint8_t> packed_;
  uint64_t total_ = 0;
  bool is_damaged_ = false;
  bool is_too_long_ = false;
};

}  // namespace quarrel
