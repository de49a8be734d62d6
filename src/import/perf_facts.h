// What does the header of a perf.data file say about the host, the events and the files?
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/recording.h"

namespace quarrel {

struct NamedEvent {
  std::string name;
  std::vector<uint64_t> ids;
};

struct PerfFacts {
  HostFacts host;
  std::map<std::string, std::string> build_ids;  ///< lower-case hex, by path
  std::vector<NamedEvent> events;
  uint64_t first_sample_ns = 0;
  uint64_t last_sample_ns = 0;
};

/// Takes in one feature (perf::Feature); others, and what is damaged, are passed over.
void read_feature(uint32_t feature, std::span<const uint8_t> body, PerfFacts& facts);

/// Takes in one entry of the list of build ids, without its record header.
void read_build_id(uint16_t misc, std::span<const uint8_t> body, PerfFacts& facts);

/// Lower-case hex.
std::string hex_of(std::span<const uint8_t> bytes);

}  // namespace quarrel
