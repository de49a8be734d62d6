// Which events does a perf.data file hold samples of, and how are their records laid out?
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// What a record's layout depends on, out of struct perf_event_attr.
struct PerfEvent {
  uint32_t type = 0;
  uint64_t config = 0;
  uint64_t sample_type = 0;
  uint64_t read_format = 0;
  uint64_t branch_sample_type = 0;
  uint64_t user_registers = 0;       ///< mask
  uint64_t interrupt_registers = 0;  ///< mask
  bool has_trailers = false;         ///< sample_id_all
  std::string name;                  ///< "cpu/mem-loads,ldlat=30/P"; may be empty

  bool is_memory_event() const;
  MemoryEvent kind() const;
};

/// Reads a perf_event_attr of any version; nullopt if it is too short.
std::optional<PerfEvent> parse_perf_event(std::span<const uint8_t> attribute);

/// The events of a file, by the ids that their records carry.
class PerfEventTable {
 public:
  void add(PerfEvent event, std::vector<uint64_t> ids);
  void rename(uint64_t id, const std::string& name);
  size_t size() const { return events_.size(); }
  const std::vector<PerfEvent>& all() const { return events_; }

  /// The event of a sample, by its id; nullptr if the file does not describe it.
  const PerfEvent* of_sample(std::span<const uint8_t> body) const;

  /// When another record was written, by its trailer; 0: it does not say.
  uint64_t trailer_time(std::span<const uint8_t> body) const;

 private:
  const PerfEvent* by_id(uint64_t id) const;

  std::vector<PerfEvent> events_;
  std::unordered_map<uint64_t, size_t> by_id_;
};

}  // namespace quarrel
