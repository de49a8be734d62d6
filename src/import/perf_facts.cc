// What does the header of a perf.data file say about the host, the events and the files?
#include "import/perf_facts.h"

#include <algorithm>

#include "import/field_reader.h"
#include "import/perf_format.h"

namespace quarrel {
namespace {

constexpr size_t kMaxBuildIds = 100'000;
constexpr size_t kMaxText = 4096;

/// Length, then so many bytes of text with its padding.
std::string counted_text(FieldReader& fields) {
  std::string text = fields.text(fields.u32());
  if (text.size() > kMaxText) text.resize(kMaxText);
  return text;
}

std::vector<uint64_t> read_ids(FieldReader& fields, uint64_t count) {
  FieldReader words(fields.take_words(count));
  std::vector<uint64_t> ids;
  while (words.left() > 0) ids.push_back(words.u64());
  return ids;
}

void read_events(FieldReader fields, PerfFacts& facts) {
  const uint32_t events = fields.u32();
  const uint32_t attribute_bytes = fields.u32();
  for (uint32_t i = 0; i < events && !fields.failed(); ++i) {
    fields.skip(attribute_bytes);
    const uint32_t ids = fields.u32();
    NamedEvent event{counted_text(fields), {}};
    event.ids = read_ids(fields, ids);
    if (!fields.failed()) facts.events.push_back(std::move(event));
  }
}

void read_build_ids(std::span<const uint8_t> body, PerfFacts& facts) {
  FieldReader fields(body);
  while (fields.left() > perf::kRecordHeaderBytes && facts.build_ids.size() < kMaxBuildIds) {
    fields.skip(4);
    const uint16_t misc = fields.u16();
    const uint16_t size = fields.u16();
    if (size <= perf::kRecordHeaderBytes) return;
    read_build_id(misc, fields.take(size - perf::kRecordHeaderBytes), facts);
  }
}

}  // namespace

std::string hex_of(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void read_build_id(uint16_t misc, std::span<const uint8_t> body, PerfFacts& facts) {
  constexpr size_t kFieldBytes = 24;
  constexpr uint8_t kUsualBytes = 20;
  constexpr uint16_t kHasSize = 1 << 15;
  FieldReader fields(body);
  fields.skip(4);  // pid
  const auto field = fields.take(kFieldBytes);
  if (fields.failed() || facts.build_ids.size() >= kMaxBuildIds) return;
  const uint8_t size = misc & kHasSize ? std::min(field[kUsualBytes], kUsualBytes) : kUsualBytes;
  facts.build_ids.emplace(fields.text(fields.left()), hex_of(field.first(size)));
}

void read_feature(uint32_t feature, std::span<const uint8_t> body, PerfFacts& facts) {
  FieldReader fields(body);
  switch (feature) {
    case perf::kFeatureBuildIds:
      return read_build_ids(body, facts);
    case perf::kFeatureRelease:
      facts.host.kernel = counted_text(fields);
      return;
    case perf::kFeatureMachine:
      facts.host.machine = counted_text(fields);
      return;
    case perf::kFeatureCpuName:
      facts.host.cpu_model = counted_text(fields);
      return;
    case perf::kFeatureCpus:
      fields.skip(4);  // configured
      facts.host.cpus = fields.u32();
      return;
    case perf::kFeatureEvents:
      return read_events(fields, facts);
    case perf::kFeatureSampleTime:
      facts.first_sample_ns = fields.u64();
      facts.last_sample_ns = fields.u64();
      return;
  }
}

}  // namespace quarrel
