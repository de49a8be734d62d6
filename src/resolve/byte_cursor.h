// How are fields read from untrusted bytes without ever reading past their end?
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>

namespace quarrel {

/// Reads little-endian fields in order. Reading past the end yields zero and makes ok() false for
/// good, so that a parser checks once, after a group of fields.
class ByteCursor {
 public:
  explicit ByteCursor(std::span<const uint8_t> bytes, size_t position = 0)
      : bytes_(bytes), position_(position), is_ok_(position <= bytes.size()) {}

  bool ok() const { return is_ok_; }
  size_t position() const { return position_; }
  size_t left() const { return is_ok_ ? bytes_.size() - position_ : 0; }

  template <std::integral T>
  T read() {
    T value{};
    if (!take(sizeof(T))) return value;
    std::memcpy(&value, bytes_.data() + position_ - sizeof(T), sizeof(T));
    return value;
  }

  void skip(uint64_t count) { take(count); }

  /// Bits beyond 64 are dropped: no field that we read is longer.
  uint64_t read_uleb128() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = read<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
  }

  int64_t read_sleb128() {
    uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const auto byte = read<uint8_t>();
      if (shift < 64) value |= uint64_t{byte & 0x7fu} << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      if (shift < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
  }

  /// A cursor over the next `count` bytes alone (none, and not ok(), if there are fewer). Positions
  /// go on counting from the start of this one's bytes.
  ByteCursor take_block(uint64_t count) {
    const size_t start = position_;
    skip(count);
    if (!is_ok_) return ByteCursor({}, 1);
    return ByteCursor(bytes_.first(position_), start);
  }

 private:
  bool take(uint64_t count) {
    if (count > left()) is_ok_ = false;
    if (is_ok_) position_ += count;
    return is_ok_;
  }

  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool is_ok_ = true;
};

}  // namespace quarrel
