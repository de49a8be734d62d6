// What does one sample of a perf.data file say?
#include "import/perf_sample.h"

#include <algorithm>
#include <bit>

#include "import/field_reader.h"
#include "import/perf_format.h"

namespace quarrel {
namespace {

void read_place(uint64_t type, FieldReader& fields, PerfSample& sample) {
  if (type & perf::kIdentifier) fields.skip(8);
  if (type & perf::kIp) sample.ip = fields.u64();
  if (type & perf::kTid) {
    sample.pid = fields.u32();
    sample.tid = fields.u32();
  }
  if (type & perf::kTime) sample.time = fields.u64();
  if (type & perf::kAddress) sample.address = fields.u64();
  if (type & perf::kId) fields.skip(8);
  if (type & perf::kStreamId) fields.skip(8);
  if (type & perf::kCpu) {
    sample.cpu = fields.u32();
    fields.skip(4);
  }
  if (type & perf::kPeriod) sample.period = fields.u64();
}

void skip_counters(uint64_t format, FieldReader& fields) {
  const uint64_t times =
      std::popcount(format & (perf::kTotalTimeEnabled | perf::kTotalTimeRunning));
  const uint64_t extras = std::popcount(format & (perf::kReadId | perf::kReadLost));
  if (!(format & perf::kReadGroup)) return fields.skip(8 * (1 + times + extras));
  const uint64_t counters = fields.u64();
  fields.skip(8 * times);
  for (uint64_t word = 0; word < 1 + extras; ++word) fields.take_words(counters);
}

void skip_branches(const PerfEvent& event, FieldReader& fields) {
  const uint64_t branches = fields.u64();
  if (event.branch_sample_type & perf::kBranchHardwareIndex) fields.skip(8);
  for (int word = 0; word < 3; ++word) fields.take_words(branches);
  if (event.branch_sample_type & perf::kBranchCounters) fields.take_words(branches);
}

void skip_registers(uint64_t mask, FieldReader& fields) {
  if (fields.u64() != 0) fields.skip(8 * static_cast<uint64_t>(std::popcount(mask)));
}

void skip_stack(FieldReader& fields) {
  const uint64_t size = fields.u64();
  if (size == 0) return;
  fields.skip(size);
  fields.skip(8);  // how much of it the kernel filled
}

/// The variable parts between the period and the weight.
void read_context(const PerfEvent& event, FieldReader& fields, PerfSample& sample) {
  const uint64_t type = event.sample_type;
  if (type & perf::kRead) skip_counters(event.read_format, fields);
  if (type & perf::kCallchain) sample.callchain = fields.take_words(fields.u64());
  if (type & perf::kRaw) fields.skip(fields.u32());
  if (type & perf::kBranchStack) skip_branches(event, fields);
  if (type & perf::kRegsUser) skip_registers(event.user_registers, fields);
  if (type & perf::kStackUser) skip_stack(fields);
}

/// WEIGHT_STRUCT packs three numbers into the word that WEIGHT has for one.
void read_weight(uint64_t type, FieldReader& fields, PerfSample& sample) {
  if (!(type & (perf::kWeight | perf::kWeightStruct))) return;
  const uint64_t word = fields.u64();
  if (type & perf::kWeightStruct) {
    sample.latency_cycles = static_cast<uint32_t>(word);
    sample.instruction_cycles = static_cast<uint32_t>(word >> 32 & 0xffff);
  } else {
    sample.latency_cycles = static_cast<uint32_t>(std::min<uint64_t>(word, UINT32_MAX));
  }
}

}  // namespace

std::optional<PerfSample> parse_perf_sample(const PerfEvent& event, std::span<const uint8_t> body) {
  const uint64_t type = event.sample_type;
  if (type & ~perf::kKnownSampleTypes) return std::nullopt;
  FieldReader fields(body);
  PerfSample sample;
  read_place(type, fields, sample);
  read_context(event, fields, sample);
  read_weight(type, fields, sample);
  if (type & perf::kDataSource) sample.data_source = fields.u64();
  if (type & perf::kTransaction) fields.skip(8);
  if (type & perf::kRegsInterrupt) skip_registers(event.interrupt_registers, fields);
  if (type & perf::kPhysicalAddress) sample.physical_address = fields.u64();
  // What follows (cgroup, page sizes, copied trace data) says nothing about the access.
  if (fields.failed()) return std::nullopt;
  return sample;
}

}  // namespace quarrel
