// Can two byte ranges of one object lie on the same cache line?
#pragma once

#include <cstdint>

namespace quarrel {

/// x86-64 and most aarch64 cores. 128 is asked for only where it was measured.
constexpr uint64_t kLineBytes = 64;

struct ByteRange {
  uint64_t begin = 0;
  uint64_t size = 0;
};

enum class LineSharing : uint8_t { kNever, kSomeBase, kAlways };

/// Do two byte ranges of an object of that alignment share a line: for no, some or every address
/// that the object may have? Objects are taken to start at multiples of 16 at least, as malloc
/// and large globals do on 64-bit systems.
LineSharing share_line(ByteRange one, ByteRange other, uint64_t alignment,
                       uint64_t line_bytes = kLineBytes);

/// For what part of these addresses do they share one: 0 never, 1 always.
double sharing_odds(ByteRange one, ByteRange other, uint64_t alignment,
                    uint64_t line_bytes = kLineBytes);

/// Do they share a line for at least half of the addresses?
bool likely_share_line(ByteRange one, ByteRange other, uint64_t alignment);

}  // namespace quarrel
