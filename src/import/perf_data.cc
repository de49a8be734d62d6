// What does a perf.data file hold that bears on memory accesses?
#include "import/perf_data.h"

#include <algorithm>
#include <unordered_map>

#include "import/field_reader.h"
#include "import/perf_format.h"
#include "import/perf_sample.h"
#include "model/address_space.h"

namespace quarrel {
namespace {

// What is kept has bounds, so that a small compressed file cannot take all memory.
constexpr size_t kMaxSamples = 4'000'000;
constexpr size_t kMaxTimeline = 1'000'000;
constexpr size_t kMaxTexts = 200'000;
constexpr size_t kMaxTextBytes = 4096;
constexpr size_t kMaxCalls = 16'000'000;
constexpr size_t kMaxCallsPerSample = 512;
constexpr size_t kMaxPipedEvents = 4096;
constexpr uint64_t kMaxNumber = INT64_MAX;  // of a column in the .quarrel file

class PerfDataReader {
 public:
  explicit PerfDataReader(PerfHeader header) {
    data_.header = std::move(header);
    text_id("");
  }

  PerfData run(const PerfInput& input) {
    const PerfHeader& header = data_.header;
    data_.read = read_perf_records(input, header.data_offset, header.data_bytes,
                                   [this](const PerfRecord& record) { take(record); });
    data_.counts.records = data_.read.records;
    return std::move(data_);
  }

 private:
  TextId text_id(const std::string& text) {
    const auto known = text_ids_.find(text);
    if (known != text_ids_.end()) return known->second;
    if (data_.texts.size() >= kMaxTexts) return 0;
    const auto id = static_cast<TextId>(data_.texts.size());
    data_.texts.push_back(text);
    text_ids_.emplace(text, id);
    return id;
  }

  TextId text_of(FieldReader& fields) {
    return text_id(fields.text(std::min(fields.left(), kMaxTextBytes)));
  }

  /// Counts the record as of use, unless it was shorter than its kind.
  bool is_whole(const FieldReader& fields) {
    ++(fields.failed() ? data_.counts.damaged_records : data_.counts.known_records);
    return !fields.failed();
  }

  void add_to_timeline(const PerfRecord& record, const FieldReader& fields, auto what) {
    if (!is_whole(fields)) return;
    if (data_.timeline.size() < kMaxTimeline) {
      data_.timeline.push_back({data_.header.events.trailer_time(record.body), what});
      return;
    }
    --data_.counts.known_records;
    ++data_.counts.surplus_records;
  }

  void take(const PerfRecord& record) {
    switch (record.type) {
      case perf::kSample:
        return take_sample(record);
      case perf::kMmap:
      case perf::kMmap2:
        return take_mapping(record);
      case perf::kComm:
        return take_comm(record);
      case perf::kFork:
        return take_fork(record);
      case perf::kLost:
      case perf::kLostSamples:
        return take_lost(record);
      default:
        return take_of_tool(record);
    }
  }

  /// Records that perf itself adds; in a pipe they are the header.
  void take_of_tool(const PerfRecord& record) {
    FieldReader fields(record.body);
    switch (record.type) {
      case perf::kHeaderAttribute:
        return take_event(record);
      case perf::kEventUpdate:
        return take_event_update(fields);
      case perf::kHeaderFeature:
        return take_feature(fields);
      case perf::kHeaderBuildId:
        ++data_.counts.known_records;
        return read_build_id(record.misc, record.body, data_.header.facts);
      case perf::kAuxTrace:
        data_.counts.trace_bytes += fields.u64();
        [[fallthrough]];
      default:
        ++data_.counts.other_records;
    }
  }

  void take_event(const PerfRecord& record) {
    constexpr uint32_t kFirstVersionBytes = 64;
    FieldReader fields(record.body);
    fields.skip(4);
    const uint32_t size = fields.u32();
    FieldReader whole(record.body);
    auto event = parse_perf_event(whole.take(size == 0 ? kFirstVersionBytes : size));
    if (!is_whole(whole) || !event || data_.header.events.size() >= kMaxPipedEvents) return;
    std::vector<uint64_t> ids;
    while (whole.left() >= 8) ids.push_back(whole.u64());
    data_.header.events.add(std::move(*event), std::move(ids));
  }

  void take_event_update(FieldReader fields) {
    constexpr uint64_t kName = 2;
    const uint64_t what = fields.u64();
    const uint64_t id = fields.u64();
    if (is_whole(fields) && what == kName)
      data_.header.events.rename(id, fields.text(std::min(fields.left(), kMaxTextBytes)));
  }

  void take_feature(FieldReader fields) {
    const uint64_t feature = fields.u64();
    if (!is_whole(fields)) return;
    PerfFacts& facts = data_.header.facts;
    facts.events.clear();
    read_feature(static_cast<uint32_t>(feature), fields.take(fields.left()), facts);
    for (const NamedEvent& event : facts.events)
      for (const uint64_t id : event.ids) data_.header.events.rename(id, event.name);
  }

  void take_comm(const PerfRecord& record) {
    FieldReader fields(record.body);
    CommRecord comm;
    comm.pid = fields.u32();
    comm.tid = fields.u32();
    comm.name = text_of(fields);
    comm.is_exec = (record.misc & perf::kExec) != 0;
    add_to_timeline(record, fields, comm);
  }

  void take_fork(const PerfRecord& record) {
    FieldReader fields(record.body);
    ForkRecord fork;
    fork.pid = fields.u32();
    fork.parent_pid = fields.u32();
    fork.tid = fields.u32();
    fork.has_parent_mappings = (record.misc & perf::kNoClone) == 0;
    add_to_timeline(record, fields, fork);
  }

  void take_mapping(const PerfRecord& record) {
    FieldReader fields(record.body);
    MapRecord map;
    map.pid = fields.u32();
    fields.skip(4);  // tid
    map.start = fields.u64();
    map.size = fields.u64();
    map.file_offset = fields.u64();
    map.is_executable = (record.misc & perf::kDataMapping) == 0;
    if (record.type == perf::kMmap2) read_identity(record.misc, fields, map);
    map.path = text_of(fields);
    add_to_timeline(record, fields, map);
  }

  void read_identity(uint16_t misc, FieldReader& fields, MapRecord& map) {
    constexpr uint8_t kMaxBuildIdBytes = 20;
    if (misc & perf::kBuildId) {
      const uint8_t size = std::min(fields.u8(), kMaxBuildIdBytes);
      fields.skip(3);
      const auto bytes = fields.take(kMaxBuildIdBytes);
      if (!fields.failed()) map.file.build_id = text_id(hex_of(bytes.first(size)));
    } else {
      map.file.device_major = fields.u32();
      map.file.device_minor = fields.u32();
      map.file.inode = fields.u64();
      map.file.generation = fields.u64();
    }
    map.is_executable = (fields.u32() & perf::kProtExec) != 0;
    map.is_shared = (fields.u32() & perf::kMapShared) != 0;
  }

  void take_lost(const PerfRecord& record) {
    FieldReader fields(record.body);
    if (record.type == perf::kLost) fields.skip(8);  // id
    const uint64_t lost = fields.u64();
    if (!is_whole(fields)) return;
    constexpr uint64_t kCredible = uint64_t{1} << 48;
    data_.counts.lost_by_kernel += std::min(lost, kCredible);
  }

  void take_sample(const PerfRecord& record) {
    const PerfEvent* event = data_.header.events.of_sample(record.body);
    if (event == nullptr) {
      ++data_.counts.unknown_samples;
      ++data_.counts.damaged_records;
    } else if (!event->is_memory_event()) {
      ++data_.counts.other_records;
    } else {
      ++data_.counts.memory_samples;
      const auto sample = parse_perf_sample(*event, record.body);
      if (sample) return keep_sample(*event, *sample, record.misc);
      ++data_.counts.damaged_samples;
      ++data_.counts.damaged_records;
    }
  }

  void keep_sample(const PerfEvent& event, const PerfSample& sample, uint16_t misc) {
    ++data_.counts.known_records;
    if (data_.samples.size() >= kMaxSamples) {
      ++data_.counts.surplus_samples;
      return;
    }
    RawMemorySample raw;
    raw.sample = {.cpu = sample.cpu,
                  .time_ns = std::min(sample.time, kMaxNumber),
                  .ip = sample.ip,
                  .address = sample.address,
                  .physical_address = sample.physical_address,
                  .data_source = sample.data_source,
                  .period = std::min(sample.period, kMaxNumber),
                  .latency_cycles = sample.latency_cycles,
                  .instruction_cycles = sample.instruction_cycles,
                  .event = event.kind()};
    raw.pid = sample.pid;
    raw.tid = sample.tid;
    raw.mode = mode_of(misc);
    raw.sample.is_kernel = raw.mode == SampleMode::kKernel;
    keep_calls(sample.callchain, raw);
    data_.samples.push_back(std::move(raw));
  }

  static SampleMode mode_of(uint16_t misc) {
    const uint16_t mode = misc & perf::kCpuModeMask;
    if (mode == perf::kModeKernel) return SampleMode::kKernel;
    return mode == perf::kModeUser || mode == 0 ? SampleMode::kUser : SampleMode::kGuest;
  }

  /// Addresses of user code only: what stands behind the user marker, or in front of all markers.
  void keep_calls(std::span<const uint8_t> callchain, RawMemorySample& raw) {
    raw.first_call = static_cast<uint32_t>(data_.calls.size());
    bool is_user = raw.mode == SampleMode::kUser;
    FieldReader words(callchain);
    while (words.left() > 0 && raw.calls < kMaxCallsPerSample && data_.calls.size() < kMaxCalls) {
      const uint64_t pc = words.u64();
      if (pc >= perf::kFirstContext) {
        is_user = pc == perf::kUserContext;
      } else if (is_user && pc < kKernelStart) {
        data_.calls.push_back(pc);
        ++raw.calls;
      }
    }
  }

  PerfData data_;
  std::unordered_map<std::string, TextId> text_ids_;
};

}  // namespace

Result<PerfData> read_perf_data(const PerfInput& input) {
  TRY(PerfHeader header, read_perf_header(input));
  return PerfDataReader(std::move(header)).run(input);
}

}  // namespace quarrel
