// Which events of this processor sample memory accesses with their addresses?
#include "collect/memory_events.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "collect/proc_text.h"

namespace quarrel {
namespace {

constexpr const char* kDevices = "/sys/bus/event_source/devices";
/// Loads that take fewer core cycles are not sampled: perf c2c's default.
constexpr uint64_t kMinLoadCycles = 30;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

std::optional<uint64_t> number_in(std::string_view text) {
  text = trimmed(text);
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
  const bool is_all = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return is_all && !text.empty() ? std::optional(value) : std::nullopt;
}

/// One device of the kernel's list, e.g. "cpu".
class Device {
 public:
  Device(const std::string& devices, std::string name)
      : folder_(devices + "/" + name), name_(std::move(name)) {}

  std::optional<uint64_t> type() const {
    const auto text = read_text_file(folder_ + "/type");
    return text ? number_in(*text) : std::nullopt;
  }

  /// "event=0xcd,umask=0x1,ldlat=3", each term placed as the device's format says.
  std::optional<MemoryEventSpec> event(const std::string& event) const {
    const auto text = read_text_file(folder_ + "/events/" + event);
    const auto number = type();
    if (!text || !number) return std::nullopt;
    MemoryEventSpec spec{.name = name_ + "/" + event + "/", .type = uint32_t(*number)};
    std::string_view rest = trimmed(*text);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(','), rest.size());
      if (!place(rest.substr(0, end), spec)) return std::nullopt;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return spec;
  }

 private:
  bool place(std::string_view term, MemoryEventSpec& spec) const {
    const size_t equals = term.find('=');
    const std::string key(term.substr(0, equals));
    auto value =
        equals == term.npos ? std::optional<uint64_t>(1) : number_in(term.substr(equals + 1));
    if (key == "ldlat") value = kMinLoadCycles;
    const auto format = read_text_file(folder_ + "/format/" + key);
    if (!value || !format) return false;
    // "config:0-7" or "config1:0-15": where the field begins is all that whole fields need.
    const std::string_view text = trimmed(*format);
    const size_t colon = text.find(':');
    const size_t end = std::min(text.find_first_of("-,", colon), text.size());
    if (colon == text.npos) return false;
    const auto shift = number_in(text.substr(colon + 1, end - colon - 1));
    if (!shift || *shift > 63) return false;
    if (text.substr(0, colon) == "config") spec.config |= *value << *shift;
    if (text.substr(0, colon) == "config1") spec.config1 |= *value << *shift;
    return true;
  }

  std::string folder_;
  std::string name_;
};

void add_intel_events(const Device& device, std::vector<MemoryEventSpec>& events) {
  auto loads = device.event("mem-loads");
  if (loads) {
    auto leader = device.event("mem-loads-aux");
    if (leader) {
      leader->is_leader_only = true;
      events.push_back(std::move(*leader));
    }
    loads->kind = MemoryEvent::kLoads;
    loads->needs_leader = !events.empty() && events.back().is_leader_only;
    events.push_back(std::move(*loads));
  }
  if (auto stores = device.event("mem-stores")) {
    stores->kind = MemoryEvent::kStores;
    events.push_back(std::move(*stores));
  }
}

bool has_device(const std::string& devices, std::string_view prefix) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(devices, error))
    if (entry.path().filename().string().starts_with(prefix)) return true;
  return false;
}

bool has_hypervisor_flag() {
  const std::string text = read_text_file("/proc/cpuinfo").value_or("");
  const size_t flags = text.find("\nflags");
  if (flags == std::string::npos) return false;
  const std::string line = text.substr(flags + 1, text.find('\n', flags + 1) - flags - 1) + " ";
  return line.find(" hypervisor ") != std::string::npos;
}

bool may_sample_others(std::string_view level) {
  constexpr uint64_t kPerfmon = uint64_t{1} << 38;
  constexpr uint64_t kAdmin = uint64_t{1} << 21;
  const std::string status = read_text_file("/proc/self/status").value_or("");
  const std::string_view hex = status_field(status, "CapEff");
  uint64_t capabilities = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), capabilities, 16);
  return (capabilities & (kPerfmon | kAdmin)) != 0 || level.starts_with("-") || level == "0";
}

}  // namespace

std::vector<MemoryEventSpec> memory_events_below(const std::string& devices) {
  std::vector<MemoryEventSpec> events;
  for (const char* name : {"cpu", "cpu_core", "cpu_atom"})
    add_intel_events(Device(devices, name), events);
  const auto ibs = Device(devices, "ibs_op").type();
  // Before Linux 6.2 the kernel refuses to leave its own code out of IBS samples.
  if (events.empty() && ibs)
    events.push_back({.name = "ibs_op//",
                      .type = static_cast<uint32_t>(*ibs),
                      .kind = MemoryEvent::kInstructions,
                      .can_exclude_kernel = false,
                      .precise = 0});
  return events;
}

PmuFacts read_pmu_facts() {
  PmuFacts facts;
  for (const char* prefix : {"cpu", "armv8"}) facts.has_core_pmu |= has_device(kDevices, prefix);
  facts.has_events = !memory_events_below(kDevices).empty();
  facts.has_arm_spe = has_device(kDevices, "arm_spe");
  facts.is_virtual = has_hypervisor_flag();
  const std::string level = read_text_file("/proc/sys/kernel/perf_event_paranoid").value_or("?");
  facts.paranoid_level = trimmed(level);
  facts.may_sample_others = may_sample_others(facts.paranoid_level);
  return facts;
}

std::optional<MissingPart> missing_for_memory_samples(const PmuFacts& facts) {
  const std::string fallback = "line_samples and watchpoints stand in for it";
  if (!facts.has_core_pmu && facts.is_virtual)
    return MissingPart{
        "this is a virtual machine (cpuid's hypervisor bit) whose host passes no PMU on: no loads "
        "of modified lines (HITM), latencies or peer snoops were measured; " +
            fallback,
        "a virtual PMU (for KVM: -cpu host,pmu=on; clouds: a bare-metal instance)"};
  if (!facts.has_core_pmu)
    return MissingPart{fmt::format("the kernel knows no PMU of this processor ({} has no cpu): no "
                                   "HITM, latencies or peer snoops were measured; {}",
                                   kDevices, fallback),
                       "a kernel with the driver of this processor's PMU"};
  if (!facts.has_events && facts.has_arm_spe)
    return MissingPart{"Arm SPE delivers traces, which perf decodes: " + fallback,
                       "perf c2c record, then perf inject --itrace=M and quarrel import"};
  if (!facts.has_events)
    return MissingPart{
        fmt::format("the PMU has no event that samples memory accesses (mem-loads, ibs_op){}: {}",
                    facts.is_virtual ? ", as in many virtual machines" : "", fallback),
        facts.is_virtual ? "a virtual PMU with PEBS, or bare metal" : ""};
  if (!facts.may_sample_others)
    return MissingPart{
        fmt::format("kernel.perf_event_paranoid is {} and CAP_PERFMON is missing: {}",
                    facts.paranoid_level, fallback),
        "run as root, or with CAP_PERFMON"};
  return std::nullopt;
}

}  // namespace quarrel
