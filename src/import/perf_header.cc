// What kind of perf.data file is it, and where do its records stand?
#include "import/perf_header.h"

#include <algorithm>
#include <array>

#include "import/field_reader.h"
#include "import/perf_format.h"

namespace quarrel {
namespace {

constexpr uint64_t kMaxEvents = 4096;
constexpr uint64_t kMaxIdBytes = 8 << 20;
constexpr uint64_t kMaxFeatureBytes = 64 << 20;
constexpr uint64_t kSectionBytes = 16;

struct Section {
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct FixedHeader {
  uint64_t header_bytes = 0;
  uint64_t attribute_bytes = 0;
  Section attributes;
  Section data;
  std::array<uint64_t, perf::kFeatures / 64> features{};
};

Section read_section(FieldReader& fields) {
  Section section;
  section.offset = fields.u64();
  section.size = fields.u64();
  return section;
}

Error not_perf_data(uint64_t magic) {
  if (magic == perf::kSwappedMagic)
    return {"the file was written on a big-endian machine: not supported"};
  if (magic == perf::kOldMagic)
    return {"the file has the format of before Linux 3.0 (PERFFILE): record it with a newer perf"};
  return {"the file is no perf.data: it does not start with PERFILE2"};
}

FixedHeader parse_fixed_header(FieldReader fields) {
  FixedHeader header;
  fields.skip(8);
  header.header_bytes = fields.u64();
  header.attribute_bytes = fields.u64();
  header.attributes = read_section(fields);
  header.data = read_section(fields);
  read_section(fields);  // event types, unused since Linux 3.5
  for (uint64_t& word : header.features) word = fields.u64();
  return header;
}

std::vector<uint64_t> read_ids(const PerfInput& input, const Section& section) {
  const auto bytes = input.take(section.offset, std::min(section.size, kMaxIdBytes));
  std::vector<uint64_t> ids;
  for (FieldReader fields(bytes); fields.left() >= 8;) ids.push_back(fields.u64());
  return ids;
}

/// Each entry is a perf_event_attr and the section of its ids.
Result<void> read_events(const PerfInput& input, const FixedHeader& fixed, PerfHeader& header) {
  const uint64_t entry = fixed.attribute_bytes;
  constexpr uint64_t kMaxEntry = 4096;
  if (entry <= kSectionBytes || entry > kMaxEntry)
    return Error{"the header is damaged: descriptions of events have an impossible size"};
  const uint64_t count = fixed.attributes.size / entry;
  if (count == 0 || count > kMaxEvents)
    return Error{"the header is damaged: it describes no event, or too many"};
  for (uint64_t i = 0; i < count; ++i) {
    const auto bytes = input.take(fixed.attributes.offset + i * entry, entry);
    auto event = bytes.size() == entry
                     ? parse_perf_event(std::span(bytes).first(entry - kSectionBytes))
                     : std::nullopt;
    if (!event) return Error{"the header is damaged: the description of an event is cut off"};
    const std::span<const uint8_t> entry_bytes(bytes);
    FieldReader ids(entry_bytes.last(kSectionBytes));
    header.events.add(std::move(*event), read_ids(input, read_section(ids)));
  }
  return {};
}

/// One section for each feature that the file has stands behind the records.
void read_features(const PerfInput& input, const FixedHeader& fixed, PerfHeader& header) {
  uint64_t place = fixed.data.offset + fixed.data.size;
  for (uint32_t feature = 0; feature < perf::kFeatures; ++feature) {
    if (!(fixed.features[feature / 64] >> (feature % 64) & 1)) continue;
    const auto entry = input.take(place, kSectionBytes);
    if (entry.size() < kSectionBytes) return;
    place += kSectionBytes;
    FieldReader fields(entry);
    const Section section = read_section(fields);
    const auto body = input.take(section.offset, std::min(section.size, kMaxFeatureBytes));
    read_feature(feature, body, header.facts);
  }
}

void place_records(const PerfInput& input, const Section& data, PerfHeader& header) {
  header.data_offset = std::min(data.offset, input.size());
  const uint64_t there = input.size() - header.data_offset;
  header.is_unfinished = data.size == 0;
  header.data_bytes = header.is_unfinished ? there : std::min(data.size, there);
  if (!header.is_unfinished) header.missing_bytes = data.size - header.data_bytes;
}

}  // namespace

Result<PerfHeader> read_perf_header(const PerfInput& input) {
  const auto bytes = input.take(0, perf::kFileHeaderBytes);
  FieldReader fields(bytes);
  const uint64_t magic = fields.u64();
  if (fields.failed() || magic != perf::kMagic) return not_perf_data(magic);
  PerfHeader header;
  const FixedHeader fixed = parse_fixed_header(FieldReader(bytes));
  if (fixed.header_bytes == perf::kPipeHeaderBytes) {
    header.is_piped = true;
    place_records(input, {perf::kPipeHeaderBytes, 0}, header);
    header.is_unfinished = false;
    return header;
  }
  if (bytes.size() < perf::kFileHeaderBytes || fixed.header_bytes < perf::kFileHeaderBytes)
    return Error{"the header is damaged: it is cut off"};
  TRY_VOID(read_events(input, fixed, header));
  place_records(input, fixed.data, header);
  if (!header.is_unfinished && header.missing_bytes == 0) read_features(input, fixed, header);
  for (const NamedEvent& event : header.facts.events)
    for (const uint64_t id : event.ids) header.events.rename(id, event.name);
  return header;
}

}  // namespace quarrel
