// Which events of this processor sample memory accesses with their addresses?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/recording.h"

namespace quarrel {

/// What perf_event_open needs to know of one event.
struct MemoryEventSpec {
  std::string name;  ///< "cpu/mem-loads/"
  uint32_t type = 0;
  uint64_t config = 0;
  uint64_t config1 = 0;
  MemoryEvent kind = MemoryEvent::kUnknown;
  bool needs_leader = false;    ///< counts only in a group behind the event before it
  bool is_leader_only = false;  ///< such a leader: its own samples say nothing
  bool can_exclude_kernel = true;
  uint8_t precise = 2;  ///< perf_event_attr.precise_ip

  bool operator==(const MemoryEventSpec&) const = default;
};

/// The events that the kernel offers below `devices`, "/sys/bus/event_source/devices" (a copy of it
/// in tests): Intel's mem-loads, with mem-loads-aux before it where it exists (Sapphire Rapids and
/// Alder Lake on), and mem-stores, also of both kinds of cores of a hybrid; AMD's ibs_op. Empty if
/// there are none.
std::vector<MemoryEventSpec> memory_events_below(const std::string& devices);

/// What matters to whether a host can sample memory accesses.
struct PmuFacts {
  bool has_core_pmu = false;  ///< cpu, cpu_core or armv8_* among the devices
  bool has_events = false;    ///< memory_events_below found some
  bool has_arm_spe = false;
  bool is_virtual = false;         ///< the hypervisor bit of cpuid
  bool may_sample_others = false;  ///< CAP_PERFMON or CAP_SYS_ADMIN, or the level below allows it
  std::string paranoid_level;      ///< kernel.perf_event_paranoid
};

PmuFacts read_pmu_facts();

/// What is missing, most fundamental first, with its value; nullopt: nothing.
struct MissingPart {
  std::string reason;
  std::string fix;
};
std::optional<MissingPart> missing_for_memory_samples(const PmuFacts& facts);

}  // namespace quarrel
