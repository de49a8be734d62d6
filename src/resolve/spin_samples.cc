// Which samples were taken while a thread spun for a lock, and for which one?
#include "resolve/spin_samples.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "resolve/operands.h"

namespace quarrel {
namespace {

/// Measured on loops that wait: 98 % of the samples and more stand right behind the pause.
constexpr double kMinPauseShare = 0.3;

/// One loop, as one thread ran it.
struct LoopUse {
  uint64_t start = 0;
  ThreadId thread;

  auto operator<=>(const LoopUse&) const = default;
};

struct LoopSamples {
  PollingLoop loop;
  uint64_t at_pause = 0;
  std::vector<uint32_t> all;
  std::map<uint64_t, uint64_t> addresses;  ///< how often each was seen to be polled

  /// Most samples of a loop show what it polls; the others are charged to the same word.
  uint64_t usual_address() const {
    const auto best =
        std::ranges::max_element(addresses, {}, [](const auto& entry) { return entry.second; });
    return best == addresses.end() ? 0 : best->first;
  }

  bool waits() const {
    return !loop.has_pause ||
           static_cast<double>(at_pause) >= kMinPauseShare * static_cast<double>(all.size());
  }
};

uint64_t polled_address(const LineSample& sample, const PollingLoop& loop) {
  for (const MemoryAccess& access : sample.accesses)
    if (access.instruction == loop.polled) return access.address;
  return 0;
}

class SpinSearch {
 public:
  SpinSearch(const Recording& recording, const std::string& sysroot)
      : recording_(recording), decoder_(recording, sysroot) {}

  std::vector<SpinLock> run(Coverage& coverage) {
    for (uint32_t i = 0; i < recording_.line_samples.size(); ++i) sort_in(i);
    for (const auto& [use, samples] : uses_)
      if (samples.waits()) attribute(samples, coverage);
    std::vector<SpinLock> locks;
    for (auto& [address, lock] : locks_) {
      std::sort(lock.samples.begin(), lock.samples.end());
      locks.push_back(std::move(lock));
    }
    return locks;
  }

 private:
  void sort_in(uint32_t index) {
    const LineSample& sample = recording_.line_samples[index];
    for (const MemoryAccess& access : sample.accesses)
      if (access.is_locked && access.distance <= 1)
        changed_by_[access.address].insert(sample.thread);
    if (!sample.thread.is_valid()) return;
    const auto [known, is_new] = loops_.try_emplace(sample.ip);
    if (is_new) known->second = decoder_.spin_loop(sample.ip);
    if (!known->second) return;
    const PollingLoop& loop = *known->second;
    LoopSamples& samples = uses_[{loop.start, sample.thread}];
    samples.loop = loop;
    samples.at_pause += loop.is_at_pause ? 1 : 0;
    samples.all.push_back(index);
    if (const uint64_t address = polled_address(sample, loop)) ++samples.addresses[address];
  }

  void attribute(const LoopSamples& samples, Coverage& coverage) {
    const uint64_t usual = samples.usual_address();
    if (!samples.loop.is_acquired && changes(usual) == 0) return;
    if (samples.loop.only_tries && !was_found_taken(samples.loop, usual)) return;
    for (uint32_t index : samples.all) {
      ++coverage.seen;
      const uint64_t own = polled_address(recording_.line_samples[index], samples.loop);
      const uint64_t address = own != 0 ? own : usual;
      ++(address != 0 ? coverage.attributed : coverage.unresolved);
      if (address == 0) continue;
      locks_[address].address = address;
      locks_[address].samples.push_back(index);
    }
  }

  size_t changes(uint64_t address) const {
    const auto changed = changed_by_.find(address);
    return changed == changed_by_.end() ? 0 : changed->second.size();
  }

  bool was_found_taken(const PollingLoop& loop, uint64_t address) const {
    bool is_captured = false;
    for (const Exemplar& exemplar : recording_.exemplars) {
      const Registers& registers = exemplar.capture.registers;
      if (exemplar.address != address || registers[kRip] != loop.behind_polled) continue;
      is_captured = true;
      if (loop.result_register < kRip && (registers[loop.result_register] & 0xff) != 0) return true;
    }
    return !is_captured && changes(address) >= 2;
  }

  const Recording& recording_;
  OperandDecoder decoder_;
  std::unordered_map<uint64_t, std::optional<PollingLoop>> loops_;  // by instruction
  std::map<LoopUse, LoopSamples> uses_;
  std::map<uint64_t, std::set<ThreadId>> changed_by_;  // words, by atomic operations
  std::map<uint64_t, SpinLock> locks_;
};

}  // namespace

std::vector<SpinLock> find_spin_locks(const Recording& recording, const std::string& sysroot,
                                      Coverage& coverage) {
  coverage = {.collector = "spin_loops", .unit = "samples of threads that spin"};
  coverage.state = CollectorState::kOn;
  return SpinSearch(recording, sysroot).run(coverage);
}

}  // namespace quarrel
