// Which cache lines did the processor see going from core to core?
#include "resolve/memory_lines.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "resolve/access_sizes.h"
#include "resolve/shared_line.h"

namespace quarrel {
namespace {

uint64_t line_mask(const Recording& recording) {
  return ~(uint64_t{recording.run.host.line_size} - 1);
}

/// What is counted of a line until all samples are read.
struct LineSum {
  MemoryLine line;
  std::set<ThreadId> threads;
  std::map<uint64_t, uint64_t> by_address;
};

void add_sample(const MemorySample& sample, LineSum& sum) {
  const MemoryCounts counts = count_access(sample.data_source, true);
  add_counts(counts, sum.line.counts);
  sum.threads.insert(sample.thread);
  ++sum.by_address[sample.address];
  if (transfer_count(counts) == 0 || sample.latency_cycles == 0) return;
  ++sum.line.transfers;
  sum.line.transfer_cycles += sample.latency_cycles;
}

MemoryLine finished(uint64_t address, LineSum sum) {
  sum.line.address = address;
  sum.line.threads = sum.threads.size();
  uint64_t most = 0;
  for (const auto& [data, samples] : sum.by_address) {
    if (samples <= most) continue;
    most = samples;
    sum.line.hottest_address = data;
  }
  return std::move(sum.line);
}

bool is_hotter(const MemoryLine& a, const MemoryLine& b) {
  const auto key = [](const MemoryLine& line) {
    return std::tuple(transfer_count(line.counts), line.counts.stores, line.counts.samples);
  };
  return std::tuple(key(b), a.address) < std::tuple(key(a), b.address);
}

/// Accesses of one kind to one line, before their thread is known to matter.
using AccessCounts = std::map<AccessKey, std::pair<MemoryCounts, FrameId>>;

class MemoryAttribution {
 public:
  MemoryAttribution(const Recording& recording, const std::string& sysroot)
      : recording_(recording), sizes_(recording, sysroot), mask_(line_mask(recording)) {}

  void run(std::vector<LineProfile>& lines, Coverage& coverage) {
    for (const MemorySample& sample : recording_.memory_samples) add(sample);
    coverage.seen = coverage.attributed = recording_.memory_samples.size();
    for (auto& [address, accesses] : lines_) {
      auto line = judge(address, accesses);
      if (line) merge(std::move(*line), lines);
    }
    std::sort(lines.begin(), lines.end(),
              [](const LineProfile& a, const LineProfile& b) { return a.address < b.address; });
  }

 private:
  AccessKey key_of(const MemorySample& sample) {
    const bool stores = is_store(sample.data_source);
    AccessKey key{.thread = sample.thread,
                  .offset = static_cast<uint32_t>(sample.address & ~mask_),
                  .kind = stores ? AccessKind::kWrite : AccessKind::kRead,
                  .instruction = sample.ip,
                  .size = 1,
                  .is_locked = is_locked_access(sample.data_source)};
    if (key.is_locked) key.kind = AccessKind::kReadWrite;
    const auto shape = sample.is_kernel ? std::nullopt : sizes_.find(sample.ip, stores);
    if (!shape) return key;
    key.kind = shape->kind;
    const auto room = static_cast<uint32_t>(~mask_ + 1 - key.offset);
    key.size = std::min(shape->size, room);
    return key;
  }

  void add(const MemorySample& sample) {
    const MemoryCounts counts = count_access(sample.data_source, true);
    auto& [sum, frame] = lines_[sample.address & mask_][key_of(sample)];
    add_counts(counts, sum);
    if (sample.stack.value < recording_.stacks.size())
      frame = recording_.stacks[sample.stack.value].innermost;
    all_transfers_ += transfer_count(counts);
  }

  /// Nullopt for a line that one thread uses alone, that nobody writes, or that hardly matters.
  std::optional<LineProfile> judge(uint64_t address, const AccessCounts& accesses) const {
    std::map<ThreadId, uint64_t> samples;
    uint64_t all = 0;
    uint64_t transfers = 0;
    for (const auto& [key, access] : accesses) {
      samples[key.thread] += access.first.samples;
      all += access.first.samples;
      transfers += transfer_count(access.first);
    }
    if (!is_heavy(all, transfers)) return std::nullopt;
    LineProfile line{.address = address};
    for (const auto& [key, access] : accesses)
      if (!is_faint(samples[key.thread], all)) line.accesses.push_back(line_access(key, access));
    return is_fought_over(line) ? std::optional(std::move(line)) : std::nullopt;
  }

  bool is_heavy(uint64_t samples, uint64_t transfers) const {
    if (all_transfers_ > 0)
      return transfers > 0 && static_cast<double>(transfers) >=
                                  kMinTransferShare * static_cast<double>(all_transfers_);
    return samples >= kMinLineSamples &&
           static_cast<double>(samples) >=
               kMinLineShare * static_cast<double>(recording_.memory_samples.size());
  }

  /// May have initialised the line, rather than fought over it.
  static bool is_faint(uint64_t samples, uint64_t all) {
    constexpr double kMinThreadShare = 0.01;
    return static_cast<double>(samples) < kMinThreadShare * static_cast<double>(all);
  }

  static std::vector<AccessCaller> caller_at(FrameId innermost, uint64_t samples) {
    if (!innermost.is_valid()) return {};
    return {{.innermost = innermost, .samples = samples}};
  }

  static LineAccess line_access(const AccessKey& key, const AccessCounts::mapped_type& access) {
    return {.thread = key.thread,
            .offset = key.offset,
            .size = key.size,
            .kind = key.kind,
            .is_locked = key.is_locked,
            .instruction = key.instruction,
            .touches = access.first.samples,
            .memory = access.first,
            .callers = caller_at(access.second, access.first.samples)};
  }

  static bool is_fought_over(const LineProfile& line) {
    std::set<ThreadId> threads;
    bool is_written = false;
    for (const LineAccess& access : line.accesses) {
      threads.insert(access.thread);
      is_written |= access.kind != AccessKind::kRead;
    }
    return is_written && threads.size() >= 2;
  }

  static void merge(LineProfile line, std::vector<LineProfile>& lines) {
    const auto known = std::find_if(lines.begin(), lines.end(), [&](const LineProfile& other) {
      return other.address == line.address;
    });
    if (known == lines.end()) return lines.push_back(std::move(line));
    known->accesses.insert(known->accesses.end(), line.accesses.begin(), line.accesses.end());
  }

  const Recording& recording_;
  AccessSizes sizes_;
  uint64_t mask_;
  uint64_t all_transfers_ = 0;
  std::map<uint64_t, AccessCounts> lines_;
};

}  // namespace

std::vector<MemoryLine> memory_lines(const Recording& recording) {
  std::unordered_map<uint64_t, LineSum> sums;
  const uint64_t mask = line_mask(recording);
  for (const MemorySample& sample : recording.memory_samples)
    add_sample(sample, sums[sample.address & mask]);
  std::vector<MemoryLine> lines;
  for (auto& [address, sum] : sums) lines.push_back(finished(address, std::move(sum)));
  std::sort(lines.begin(), lines.end(), is_hotter);
  return lines;
}

void add_memory_lines(const Recording& recording, const std::string& sysroot,
                      std::vector<LineProfile>& lines, Coverage& coverage) {
  coverage = {.collector = "memory_lines", .unit = "samples"};
  coverage.state = CollectorState::kOn;
  MemoryAttribution(recording, sysroot).run(lines, coverage);
}

}  // namespace quarrel
