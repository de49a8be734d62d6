// What do the processor's own reports of memory accesses prove about cache lines?
#include "join/memory_traffic.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/address_space.h"

namespace quarrel {
namespace {

std::string name_of(const MemoryLine& line) {
  if (line.object.source != NameSource::kUnknown && !line.object.display.empty())
    return line.object.display;
  return fmt::format("line {:#x}", own_address(line.address));
}

LineTraffic traffic_of(const MemoryLine& line) {
  LineTraffic traffic;
  traffic.name = name_of(line);
  traffic.address = line.address;
  traffic.threads = line.threads;
  traffic.counts = line.counts;
  if (line.transfers > 0)
    traffic.transfer_cycles =
        static_cast<double>(line.transfer_cycles) / static_cast<double>(line.transfers);
  return traffic;
}

const MemoryLine* memory_line_at(const Profile& profile, uint64_t address) {
  const auto found = std::find_if(profile.memory_lines.begin(), profile.memory_lines.end(),
                                  [&](const MemoryLine& line) { return line.address == address; });
  return found == profile.memory_lines.end() ? nullptr : &*found;
}

std::string transfer_words(const MemoryCounts& counts) {
  std::vector<std::string> parts;
  if (hitm_count(counts) > 0)
    parts.push_back(fmt::format("{} HITM, {} of them from another socket", hitm_count(counts),
                                counts.remote_hitm));
  if (peer_count(counts) > 0) parts.push_back(fmt::format("{} from a peer", peer_count(counts)));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::optional<MemoryTraffic> memory_traffic(const Profile& profile) {
  if (profile.memory_lines.empty()) return std::nullopt;
  MemoryTraffic traffic;
  traffic.lines = profile.memory_lines.size();
  for (const MemoryLine& line : profile.memory_lines) {
    add_counts(line.counts, traffic.total);
    if (traffic.listed.size() < kMaxTrafficLines) traffic.listed.push_back(traffic_of(line));
  }
  return traffic;
}

std::optional<LineTraffic> line_traffic(const Profile& profile, const LineEvidence& evidence) {
  const MemoryLine* line = memory_line_at(profile, evidence.hottest->address);
  if (line == nullptr) return std::nullopt;
  LineTraffic traffic = traffic_of(*line);
  traffic.name = evidence.names.name;
  traffic.threads = evidence.threads.size();
  // Of a single line also what threads did that hardly matter; of many lines, the sum.
  if (evidence.lines > 1) traffic.counts = evidence.memory;
  return traffic;
}

std::string traffic_phrase(const MemoryCounts& counts) {
  const uint64_t transfers = transfer_count(counts);
  if (transfers == 0)
    return fmt::format("{} loads and {} stores were sampled there", counts.loads, counts.stores);
  return fmt::format("another core's cache had to answer {} of {} sampled loads ({})", transfers,
                     counts.loads, transfer_words(counts));
}

void add_memory_evidence(Finding& finding) {
  if (!finding.traffic) return;
  const LineTraffic& traffic = *finding.traffic;
  const bool is_confirmed = transfer_count(traffic.counts) > 0;
  if (is_confirmed) finding.evidence = std::max(finding.evidence, Evidence::kConfirmed);
  std::string reason = is_confirmed ? "cores were seen to hand the line to each other"
                                    : "the processor reported accesses of several threads";
  if (traffic.transfer_cycles > 0)
    reason += fmt::format(", {:.0f} cycles on average for a load that waits for it",
                          traffic.transfer_cycles);
  if (finding.cost.bound == Bound::kUnknown)
    finding.reason =
        reason + "; how much time that costs, such samples do not say: measure with the fix";
  else
    finding.reason += "; besides, " + reason;
}

}  // namespace quarrel
