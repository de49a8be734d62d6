// Have these bytes been damaged?
#include "base/checksum.h"

#include <bit>
#include <cstddef>

namespace quarrel {
namespace {

/// Little-endian, so that hosts agree.
uint64_t word_at(std::string_view bytes, size_t at, size_t size) {
  uint64_t word = 0;
  for (size_t i = size; i-- > 0;) word = word << 8 | static_cast<uint8_t>(bytes[at + i]);
  return word;
}

/// Both steps can be undone, so that two words never lead from one state to one state.
uint64_t mixed(uint64_t state, uint64_t word) {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: bits without a pattern
  constexpr int kTurn = 29;
  return std::rotl((state ^ word) * kOdd, kTurn);
}

}  // namespace

uint64_t checksum(std::string_view bytes) {
  constexpr size_t kWord = sizeof(uint64_t);
  uint64_t state = mixed(0, bytes.size());
  size_t at = 0;
  for (; bytes.size() - at >= kWord; at += kWord) state = mixed(state, word_at(bytes, at, kWord));
  return mixed(state, word_at(bytes, at, bytes.size() - at));
}

}  // namespace quarrel
