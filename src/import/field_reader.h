// How are numbers taken out of bytes that anyone may have written?
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace quarrel {

/// Takes little-endian fields from the front. Once something was missing, failed() stays true and
/// every further field is 0 or empty.
class FieldReader {
 public:
  explicit FieldReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  size_t left() const { return bytes_.size(); }

  template <class Number>
  Number number() {
    Number value{};
    const auto bytes = take(sizeof(Number));
    if (bytes.size() == sizeof(Number)) std::memcpy(&value, bytes.data(), sizeof(Number));
    return value;
  }
  uint8_t u8() { return number<uint8_t>(); }
  uint16_t u16() { return number<uint16_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }

  /// `size` bytes; none if there are not so many.
  std::span<const uint8_t> take(uint64_t size) {
    if (size > bytes_.size()) {
      failed_ = true;
      bytes_ = {};
      return {};
    }
    const auto front = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return front;
  }
  void skip(uint64_t size) { take(size); }

  /// `count` numbers of 8 bytes; the product cannot overflow.
  std::span<const uint8_t> take_words(uint64_t count) {
    return count > bytes_.size() / 8 ? take(UINT64_MAX) : take(count * 8);
  }

  /// Text up to a NUL or the end of `size` bytes.
  std::string text(uint64_t size) {
    const auto bytes = take(size);
    return {bytes.begin(), std::find(bytes.begin(), bytes.end(), 0)};
  }

 private:
  std::span<const uint8_t> bytes_;
  bool failed_ = false;
};

}  // namespace quarrel
