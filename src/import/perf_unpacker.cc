// How do records come out of compressed records?
#include "import/perf_unpacker.h"

#include <zstd.h>

namespace quarrel {
namespace {

constexpr size_t kPieceBytes = 256 << 10;
// What a file of a few kilobytes may claim to hold is bounded.
constexpr uint64_t kMaxTotalBytes = uint64_t{4} << 30;
constexpr int kMaxWindowLog = 27;  // 128 MiB, zstd's own default limit

}  // namespace

struct PerfUnpacker::State {
  ZSTD_DStream* stream = ZSTD_createDStream();

  State() {
    ZSTD_initDStream(stream);
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ~State() { ZSTD_freeDStream(stream); }
};

PerfUnpacker::PerfUnpacker() : state_(std::make_unique<State>()) {}
PerfUnpacker::~PerfUnpacker() = default;

bool PerfUnpacker::feed(std::span<const uint8_t> packed) {
  packed_ = packed;
  return !is_damaged_;
}

bool PerfUnpacker::unpack_some(std::vector<uint8_t>& bytes) {
  if (is_damaged_) return false;
  const size_t before = bytes.size();
  bytes.resize(before + kPieceBytes);
  ZSTD_inBuffer in{packed_.data(), packed_.size(), 0};
  ZSTD_outBuffer out{bytes.data() + before, kPieceBytes, 0};
  const size_t status = ZSTD_decompressStream(state_->stream, &out, &in);
  bytes.resize(before + out.pos);
  packed_ = packed_.subspan(in.pos);
  total_ += out.pos;
  is_too_long_ = total_ > kMaxTotalBytes;
  is_damaged_ = is_too_long_ || ZSTD_isError(status);
  return !is_damaged_ && (out.pos > 0 || in.pos > 0);
}

}  // namespace quarrel
