// Which events does a perf.data file hold samples of, and how are their records laid out?
#include "import/perf_event.h"

#include <bit>

#include "import/field_reader.h"
#include "import/perf_format.h"

namespace quarrel {
namespace {

constexpr uint64_t kTrailerFields =
    perf::kTid | perf::kTime | perf::kId | perf::kStreamId | perf::kCpu | perf::kIdentifier;

bool contains(const std::string& name, std::string_view part) {
  return name.find(part) != std::string::npos;
}

/// Where the id stands in a sample, in bytes; nullopt: nowhere.
std::optional<size_t> id_offset(uint64_t sample_type) {
  if (sample_type & perf::kIdentifier) return 0;
  if (!(sample_type & perf::kId)) return std::nullopt;
  return 8 * static_cast<size_t>(std::popcount(
                 sample_type & (perf::kIp | perf::kTid | perf::kTime | perf::kAddress)));
}

/// The same from the end of the trailer of another record.
std::optional<size_t> id_offset_from_end(uint64_t sample_type) {
  if (sample_type & perf::kIdentifier) return 8;
  if (!(sample_type & perf::kId)) return std::nullopt;
  return 8 * (1 + static_cast<size_t>(std::popcount(sample_type & (perf::kStreamId | perf::kCpu))));
}

}  // namespace

bool PerfEvent::is_memory_event() const {
  return (sample_type & perf::kDataSource) && (sample_type & perf::kAddress);
}

MemoryEvent PerfEvent::kind() const {
  constexpr uint32_t kRawType = 4;
  const uint64_t raw = type == kRawType ? config & 0xffff : 0;
  if (contains(name, "mem-stores") || raw == 0x82d0 || raw == 0x02cd) return MemoryEvent::kStores;
  if (contains(name, "mem-loads") || contains(name, "ldlat") || raw == 0x01cd)
    return MemoryEvent::kLoads;
  if (contains(name, "ibs_op") || contains(name, "arm_spe") || name == "memory")
    return MemoryEvent::kInstructions;
  return MemoryEvent::kUnknown;
}

std::optional<PerfEvent> parse_perf_event(std::span<const uint8_t> attribute) {
  constexpr uint64_t kTrailersFlag = uint64_t{1} << 18;
  FieldReader fields(attribute);
  PerfEvent event;
  event.type = fields.u32();
  fields.skip(4);  // size
  event.config = fields.u64();
  fields.skip(8);  // period or frequency
  event.sample_type = fields.u64();
  event.read_format = fields.u64();
  event.has_trailers = (fields.u64() & kTrailersFlag) != 0;
  fields.skip(8);  // wake-up, breakpoint type
  fields.skip(8);  // config1; here the first version ends
  if (fields.failed()) return std::nullopt;
  fields.skip(8);  // config2
  event.branch_sample_type = fields.u64();
  event.user_registers = fields.u64();
  fields.skip(8);  // size of the copied stack, clock
  event.interrupt_registers = fields.u64();
  return event;
}

void PerfEventTable::add(PerfEvent event, std::vector<uint64_t> ids) {
  for (const uint64_t id : ids) by_id_.emplace(id, events_.size());
  events_.push_back(std::move(event));
}

void PerfEventTable::rename(uint64_t id, const std::string& name) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) events_[found->second].name = name;
}

const PerfEvent* PerfEventTable::by_id(uint64_t id) const {
  if (events_.empty()) return nullptr;
  if (id == 0 || events_.size() == 1) return &events_.front();
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &events_[found->second];
}

const PerfEvent* PerfEventTable::of_sample(std::span<const uint8_t> body) const {
  if (events_.size() < 2) return by_id(0);
  const auto offset = id_offset(events_.front().sample_type);
  if (!offset) return by_id(0);
  if (*offset + 8 > body.size()) return nullptr;
  return by_id(FieldReader(body.subspan(*offset)).u64());
}

uint64_t PerfEventTable::trailer_time(std::span<const uint8_t> body) const {
  if (events_.empty() || !events_.front().has_trailers) return 0;
  uint64_t type = events_.front().sample_type;
  if (const auto offset = id_offset_from_end(type); offset && *offset <= body.size())
    if (const PerfEvent* event = by_id(FieldReader(body.last(*offset)).u64()))
      type = event->sample_type;
  if (!(type & perf::kTime)) return 0;
  const size_t size = 8 * static_cast<size_t>(std::popcount(type & kTrailerFields));
  if (size > body.size()) return 0;
  FieldReader trailer(body.last(size));
  if (type & perf::kTid) trailer.skip(8);
  return trailer.u64();
}

}  // namespace quarrel
