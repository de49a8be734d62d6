// How does a raw event of a BPF program become a Capture and a signature of the model?
#pragma once

#include <cstdint>
#include <cstring>

#include "events.h"
#include "model/recording.h"

namespace quarrel {

static_assert(int{REGISTER_COUNT} == int{kRegisterCount});
static_assert(HISTOGRAM_FIRST_BIT == WaitHistogramShape::kFirstBit);
static_assert(HISTOGRAM_SUB_BUCKETS == WaitHistogramShape::kSubBuckets);
static_assert(HISTOGRAM_BUCKETS == WaitHistogramShape::kBuckets);

inline Capture capture_from(const capture_header& header, const uint8_t* stack) {
  Capture capture;
  capture.tid = static_cast<int32_t>(header.tid);
  capture.time_ns = header.time_ns;
  std::memcpy(capture.registers.data(), header.registers, sizeof(header.registers));
  capture.stack_start = header.stack_start;
  capture.fs_base = header.fs_base;
  capture.bytes.assign(stack, stack + header.stack_bytes);
  return capture;
}

inline FutexSignature signature_from(const futex_signature& raw) {
  return {raw.operation, raw.is_private != 0, raw.is_realtime != 0, raw.is_timed != 0,
          raw.value_class};
}

}  // namespace quarrel
