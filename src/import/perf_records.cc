// Which records does a perf.data file hold, one after the other?
#include "import/perf_records.h"

#include <fmt/core.h>

#include <algorithm>

#include "import/field_reader.h"
#include "import/perf_format.h"
#include "import/perf_unpacker.h"

namespace quarrel {
namespace {

constexpr size_t kWindowBytes = 1 << 20;  // a record has at most 64 KiB

struct RecordHead {
  uint32_t type = 0;
  uint16_t misc = 0;
  uint16_t size = 0;
};

RecordHead read_head(std::span<const uint8_t> bytes) {
  FieldReader fields(bytes);
  RecordHead head;
  head.type = fields.u32();
  head.misc = fields.u16();
  head.size = fields.u16();
  return head;
}

/// Records of traces are followed by data that their size does not include.
uint64_t bytes_behind(const RecordHead& head, std::span<const uint8_t> body) {
  FieldReader fields(body);
  if (head.type == perf::kAuxTrace) return fields.u64();
  if (head.type == perf::kTracingData) return (uint64_t{fields.u32()} + 7) & ~uint64_t{7};
  return 0;
}

class RecordWalk {
 public:
  RecordWalk(const PerfInput& input, uint64_t offset, uint64_t size,
             const std::function<void(const PerfRecord&)>& visit)
      : input_(input), offset_(offset), end_(offset + size), visit_(visit) {}

  RecordsRead run() {
    while (offset_ < end_ && read_.damage.empty()) step();
    if (read_.damage.empty() && !unpacked_.empty())
      stop("the last compressed record is cut off", unpacked_.size());
    return std::move(read_);
  }

 private:
  void stop(std::string damage, uint64_t lost_bytes) {
    read_.damage = std::move(damage);
    read_.lost_bytes = lost_bytes;
  }

  uint64_t left() const { return end_ - offset_; }

  /// `size` bytes at the current place; fewer at the end of the input.
  std::span<const uint8_t> bytes_here(uint64_t size) {
    if (offset_ < window_start_ || offset_ + size > window_start_ + window_.size()) {
      window_start_ = offset_;
      window_ = input_.take(offset_, std::min<uint64_t>(kWindowBytes, left()));
    }
    const auto rest = std::span<const uint8_t>(window_).subspan(offset_ - window_start_);
    return rest.first(std::min<uint64_t>(size, rest.size()));
  }

  void step() {
    const RecordHead head = read_head(bytes_here(perf::kRecordHeaderBytes));
    if (head.size < perf::kRecordHeaderBytes)
      return stop(fmt::format("a record of {} bytes at offset {}", head.size, offset_), left());
    const auto bytes = bytes_here(head.size);
    if (bytes.size() < head.size) return stop("the last record is cut off", left());
    const PerfRecord record{head.type, head.misc, bytes.subspan(perf::kRecordHeaderBytes)};
    const uint64_t behind = bytes_behind(head, record.body);
    if (behind > left() - head.size) return stop("trace data is cut off", left());
    take(record);
    offset_ += head.size + behind;
  }

  void take(const PerfRecord& record) {
    if (record.type != perf::kCompressed && record.type != perf::kCompressed2) {
      ++read_.records;
      return visit_(record);
    }
    auto packed = record.body;
    if (record.type == perf::kCompressed2) {  // the real size stands in front of padded data
      FieldReader fields(packed);
      const uint64_t size = fields.u64();
      packed = fields.take(std::min<uint64_t>(size, fields.left()));
    }
    unpacker_.feed(packed);
    while (read_.damage.empty() && unpacker_.unpack_some(unpacked_)) take_unpacked();
    if (unpacker_.is_too_long())
      stop("compressed records hold more than 4 GiB", left());
    else if (unpacker_.is_damaged())
      stop("damaged compressed data", left());
  }

  /// Visits the whole records in `unpacked_` and keeps the rest for the next piece.
  void take_unpacked() {
    size_t at = 0;
    while (unpacked_.size() - at >= perf::kRecordHeaderBytes) {
      const auto rest = std::span<const uint8_t>(unpacked_).subspan(at);
      const RecordHead head = read_head(rest);
      const bool is_nested = head.type == perf::kCompressed || head.type == perf::kCompressed2;
      if (head.size < perf::kRecordHeaderBytes || is_nested)
        return stop("a damaged record in compressed data", left());
      if (rest.size() < head.size) break;
      ++read_.records;
      visit_({head.type, head.misc,
              rest.subspan(perf::kRecordHeaderBytes, head.size - perf::kRecordHeaderBytes)});
      at += head.size;
    }
    unpacked_.erase(unpacked_.begin(), unpacked_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  const PerfInput& input_;
  uint64_t offset_;
  uint64_t end_;
  const std::function<void(const PerfRecord&)>& visit_;
  uint64_t window_start_ = 0;
  std::vector<uint8_t> window_;
  PerfUnpacker unpacker_;
  std::vector<uint8_t> unpacked_;
  RecordsRead read_;
};

}  // namespace

RecordsRead read_perf_records(const PerfInput& input, uint64_t offset, uint64_t size,
                              const std::function<void(const PerfRecord&)>& visit) {
  return RecordWalk(input, offset, size, visit).run();
}

}  // namespace quarrel
