// Which cache lines do several threads fight over, according to the samples?
#include "resolve/line_attribution.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>

#include "resolve/frequent_hits.h"
#include "resolve/shared_line.h"
#include "resolve/spread_lines.h"

namespace quarrel {
namespace {

/// Of a long access (rep movs, xsave) so many lines are followed.
constexpr size_t kMaxLinesPerAccess = 16;
constexpr uint32_t kUsualLineSize = 64;

uint32_t line_size_of(const Recording& recording) {
  const uint32_t size = recording.run.host.line_size;
  return std::has_single_bit(size) && size >= 16 ? size : kUsualLineSize;
}

/// The part of an access that falls on one line.
struct LinePiece {
  uint64_t line = 0;  ///< address of the line
  uint32_t offset = 0;
  uint32_t size = 0;
  bool is_first = true;
};

/// A thread was sampled on an instruction or right behind it.
struct Passage {
  ThreadId thread;
  uint64_t instruction = 0;

  bool operator==(const Passage&) const = default;
};

struct PassageHash {
  size_t operator()(const Passage& passage) const {
    return std::hash<uint64_t>{}(passage.instruction << 16 ^ passage.thread.value);
  }
};

template <class Visit>
void for_each_piece(const MemoryAccess& access, uint32_t line_size, Visit visit) {
  uint64_t address = access.address;
  uint32_t left = access.size;
  for (size_t i = 0; left > 0 && i < kMaxLinesPerAccess; ++i) {
    const auto offset = static_cast<uint32_t>(address & (line_size - 1));
    const uint32_t size = std::min(left, line_size - offset);
    visit(LinePiece{address - offset, offset, size, i == 0});
    address += size;
    left -= size;
  }
}

/// How often a thread was sampled at an instruction, and how often further on, beyond a branch.
struct PassageCount {
  uint64_t at = 0;
  uint64_t beyond = 0;
  uint64_t certain = 0;    ///< no other way leads to where the sample stands
  uint64_t uncertain = 0;  ///< ways join, or part, in between
  uint64_t at_join = 0;    ///< uncertain, the sample stands right behind the instruction
};

/// The same for one line that the instruction is said to have accessed.
struct Visit {
  Passage passage;
  uint64_t line = 0;

  bool operator==(const Visit&) const = default;
};

struct VisitHash {
  size_t operator()(const Visit& visit) const {
    return PassageHash{}(visit.passage) ^ std::hash<uint64_t>{}(visit.line * 31);
  }
};

struct VisitCount {
  uint64_t certain = 0;
  uint64_t uncertain = 0;
};

/// Measured: 35 % of the samples of a load stand right behind it, 52 % on what depends on it. A
/// branch that is rarely taken has far more samples around it than these shares allow.
constexpr uint64_t kMaxBeyondPerPassage = 4;

/// Where ways meet right behind an access, that is where most of its samples stand, but the 4 to
/// 23 % on the access itself are sure. With less than this part of them the thread came the other
/// way, if it was surely seen there.
constexpr uint64_t kSureShareOfJoin = 50;

/// So many sure samples of an access are enough to miss those of another place if they should be
/// there but are not: an access in between two branches has sure and unsure samples in a
/// proportion of its own.
constexpr uint64_t kMissedVisits = 3;

/// Lower is the likelier reason why the sample stands where it stands. Measured: 96 % of the
/// samples of a locked operation and 77 % of a store stand on the instruction after it.
unsigned cost_order(const MemoryAccess& access) {
  if (access.distance == 1 && access.kind != AccessKind::kRead) return 0;
  if (access.distance == 0) return 1;
  return 1u + access.distance;
}

bool is_likelier(const MemoryAccess& a, const MemoryAccess& b) {
  return cost_order(a) < cost_order(b);
}

/// For each thread the first that had the same memory for its own, by the thread pointer.
std::vector<ThreadId> first_owners(const Recording& recording) {
  std::unordered_map<uint64_t, ThreadId> by_pointer;
  std::vector<ThreadId> owners;
  for (uint32_t i = 0; i < recording.threads.size(); ++i) {
    const uint64_t fs_base = recording.threads[i].fs_base;
    owners.push_back(fs_base != 0 ? by_pointer.try_emplace(fs_base, ThreadId{i}).first->second
                                  : ThreadId{i});
  }
  return owners;
}

/// The collector has a row only if it found a Go program that it knows.
bool runs_goroutines(const Recording& recording) {
  return std::any_of(recording.coverage.begin(), recording.coverage.end(), [](const auto& row) {
    return row.collector == "go_locks" && row.state != CollectorState::kOff;
  });
}

class LineAttribution {
 public:
  LineAttribution(const Recording& recording, const std::vector<SpinLock>& spin_locks)
      : recording_(recording),
        line_size_(line_size_of(recording)),
        is_spinning_(recording.line_samples.size()),
        first_owner_(first_owners(recording)),
        runs_goroutines_(runs_goroutines(recording)) {
    for (const SpinLock& lock : spin_locks)
      for (uint32_t index : lock.samples) is_spinning_[index] = true;
  }

  std::vector<LineProfile> run(Coverage& coverage) {
    for (const LineSample& sample : recording_.line_samples) note_candidates(sample);
    for (const LineSample& sample : recording_.line_samples) note_passages(sample);
    for (uint32_t i = 0; i < recording_.line_samples.size(); ++i) {
      ++coverage.seen;
      ++(attribute(i) ? coverage.attributed : coverage.unresolved);
    }
    for (const WatchHit& hit : frequent_hits(recording_, line_size_)) count_hit(hit);
    const uint64_t refuted = drop_refuted();
    coverage.attributed -= refuted;
    coverage.unresolved += refuted;
    return judge_lines();
  }

 private:
  void note_candidates(const LineSample& sample) {
    if (!sample.thread.is_valid()) return;
    for (const MemoryAccess& access : sample.accesses) {
      PassageCount& count = passages_[{sample.thread, access.instruction}];
      ++(access.crosses_block ? count.uncertain : count.certain);
      if (access.crosses_block && access.distance <= 1) ++count.at_join;
      const ThreadId user = access.is_own_stack ? first_owner(sample.thread) : sample.thread;
      for_each_piece(access, line_size_, [&](const LinePiece& piece) { note_line(piece, user); });
    }
  }

  /// Stacks and thread-locals are memory that threads hand on when they end: those that had it one
  /// after another share nothing. Goroutines take their stacks from thread to thread all the time,
  /// and what is on a stack no other goroutine uses.
  ThreadId first_owner(ThreadId thread) const {
    if (runs_goroutines_) return kGoroutines;
    return thread.value < first_owner_.size() ? first_owner_[thread.value] : thread;
  }

  void note_passages(const LineSample& sample) {
    if (!sample.thread.is_valid()) return;
    for (const MemoryAccess& access : sample.accesses) {
      PassageCount& passage = passages_[{sample.thread, access.instruction}];
      if (access.distance > 1)
        passage.beyond += access.crosses_block ? 1 : 0;
      else if (!is_another_way(access, sample))
        ++passage.at;
      if (access.size == 0 || !is_shared(line_of(access))) continue;
      VisitCount& count = visits_[{{sample.thread, access.instruction}, line_of(access)}];
      ++(access.crosses_block ? count.uncertain : count.certain);
    }
  }

  void note_line(const LinePiece& piece, ThreadId thread) {
    const auto [entry, is_new] = first_thread_.try_emplace(piece.line, thread);
    if (!is_new && entry->second != thread) entry->second = kSeveral;
  }

  bool is_shared(uint64_t line) const {
    const auto entry = first_thread_.find(line);
    return entry != first_thread_.end() && entry->second == kSeveral;
  }

  /// Did this thread execute it, and may it concern another thread? An access beyond a branch
  /// counts only where the thread was itself sampled on it or right behind it, and that in
  /// proportion: the window also reaches into paths that this thread takes rarely or never.
  bool is_credible(const MemoryAccess& access, ThreadId thread) const {
    if (access.crosses_block && access.distance > 1 && !is_on_path(thread, access.instruction))
      return false;
    if (access.crosses_block && is_only_elsewhere(thread, access)) return false;
    return !access.is_own_stack || is_shared(line_of(access));
  }

  /// Registers may hold other values on a way that the thread did not take. An instruction that is
  /// surely seen on other lines, and never on this one, does not access this one.
  bool is_only_elsewhere(ThreadId thread, const MemoryAccess& access) const {
    const Passage passage{thread, access.instruction};
    const auto here = visits_.find({passage, line_of(access)});
    const auto all = passages_.find(passage);
    if (here == visits_.end() || all == passages_.end() || here->second.certain > 0) return false;
    return here->second.uncertain * all->second.certain >= kMissedVisits * all->second.uncertain;
  }

  /// Where ways meet, the accesses on all of them are candidates. A thread that never takes one of
  /// them has no sure samples there, but has on the others.
  bool is_another_way(const MemoryAccess& access, const LineSample& sample) const {
    const PassageCount& own = passages_.at({sample.thread, access.instruction});
    if (!access.crosses_block || own.certain * kSureShareOfJoin >= own.at_join) return false;
    for (size_t i = 0; i < std::min<size_t>(sample.accesses.size(), 32); ++i)
      if ((access.excludes >> i & 1) != 0 && was_surely_taken(sample.accesses[i], sample.thread))
        return true;
    return false;
  }

  bool was_surely_taken(const MemoryAccess& access, ThreadId thread) const {
    return passages_.at({thread, access.instruction}).certain >= kMissedVisits;
  }

  bool is_on_path(ThreadId thread, uint64_t instruction) const {
    const auto entry = passages_.find({thread, instruction});
    return entry != passages_.end() &&
           entry->second.beyond <= kMaxBeyondPerPassage * entry->second.at;
  }

  /// Nearest first, but with the access to charge in front.
  std::vector<MemoryAccess> credible_accesses(const LineSample& sample) const {
    std::vector<MemoryAccess> accesses;
    for (const MemoryAccess& access : sample.accesses)
      if (access.size > 0 && is_credible(access, sample.thread) && !is_another_way(access, sample))
        accesses.push_back(access);
    const auto likeliest = std::min_element(accesses.begin(), accesses.end(), is_likelier);
    if (likeliest != accesses.end()) std::rotate(accesses.begin(), likeliest, likeliest + 1);
    return accesses;
  }

  /// False if no access of the sample is known. A thread is known to be at peace, and attributed to
  /// no line, on its own stack and where all known accesses lie beyond a branch that it was never
  /// seen to take: the code around the sample then computes in registers.
  bool attribute(uint32_t index) {
    const LineSample& sample = recording_.line_samples[index];
    if (!sample.thread.is_valid()) return false;
    const auto accesses = credible_accesses(sample);
    if (accesses.empty()) return is_any_known(sample);
    count(sample, accesses[0], is_spinning_[index] ? std::nullopt : std::optional(index));
    const uint64_t charged_line = line_of(accesses[0]);
    for (size_t i = 1; i < accesses.size(); ++i)
      if (accesses[i].distance <= 1 || line_of(accesses[i]) == charged_line)
        count(sample, accesses[i], std::nullopt);
    return true;
  }

  static bool is_any_known(const LineSample& sample) {
    return std::any_of(sample.accesses.begin(), sample.accesses.end(),
                       [](const MemoryAccess& access) { return access.size > 0; });
  }

  uint64_t line_of(const MemoryAccess& access) const {
    return access.address & ~uint64_t{line_size_ - 1};
  }

  /// Charges the first line of the access with the sample, if it is given; the rest is touched.
  void count(const LineSample& sample, const MemoryAccess& access,
             std::optional<uint32_t> charged_index) {
    for_each_piece(access, line_size_, [&](const LinePiece& piece) {
      const bool is_charged = charged_index && piece.is_first;
      AccessTally* tally = tally_of(sample, access, piece);
      if (tally == nullptr) {
        if (is_charged && !access.is_own_stack)
          private_charges_.push_back({key_of(sample, access, piece), piece.line, *charged_index});
        return;
      }
      if (is_charged) {
        tally->charged.push_back(*charged_index);
      } else {
        ++tally->touches;
      }
    });
  }

  /// Watchpoints stand on lines that samples suspect; others are not added here. One use may hit
  /// several of them.
  void count_hit(const WatchHit& hit) {
    const auto line = lines_.find(hit.address & ~uint64_t{line_size_ - 1});
    if (line == lines_.end()) return;
    AccessTally& tally = line->second.accesses[key_of(hit, line->first, line->second)];
    tally.hits = std::max(tally.hits, hit.hits);
  }

  /// The bytes are those that samples of the instruction saw it use there: a watchpoint may stand
  /// on a part of them, or on more.
  static AccessKey key_of(const WatchHit& hit, uint64_t line_address, const LineTally& line) {
    const auto offset = static_cast<uint32_t>(hit.address - line_address);
    AccessKey key{.thread = hit.thread,
                  .offset = offset,
                  .kind = hit.kind,
                  .instruction = hit.instruction,
                  .size = hit.size,
                  .is_locked = hit.is_locked};
    const auto known = std::find_if(line.accesses.begin(), line.accesses.end(), [&](auto& entry) {
      const AccessKey& sampled = entry.first;
      return sampled.instruction == hit.instruction && sampled.offset < offset + hit.size &&
             offset < sampled.offset + sampled.size;
    });
    if (known == line.accesses.end()) return key;
    key.offset = known->first.offset;
    key.size = known->first.size;
    return key;
  }

  /// Returns how many samples had been charged to what watchpoints refute.
  uint64_t drop_refuted() {
    const RefutedUses refuted(recording_, line_size_);
    uint64_t charged = 0;
    for (auto& [address, line] : lines_)
      std::erase_if(line.accesses, [&, start = address](const auto& entry) {
        const auto& [key, tally] = entry;
        const bool is_refuted = refuted.holds(key.thread, start + key.offset, key.size);
        if (is_refuted) charged += tally.charged.size();
        return is_refuted;
      });
    return charged;
  }

  static AccessKey key_of(const LineSample& sample, const MemoryAccess& access,
                          const LinePiece& piece) {
    return {.thread = sample.thread,
            .offset = piece.offset,
            .kind = access.kind,
            .instruction = access.instruction,
            .size = piece.size,
            .is_locked = access.is_locked};
  }

  /// Where to count; null for a line of one thread alone.
  AccessTally* tally_of(const LineSample& sample, const MemoryAccess& access,
                        const LinePiece& piece) {
    if (!is_shared(piece.line)) return nullptr;
    LineTally& line = lines_[piece.line];
    line.hits.push_back({sample.time_ns, sample.thread});
    AccessTally& tally = line.accesses[key_of(sample, access, piece)];
    if (access.distance <= 1 || !access.crosses_block) ++tally.certain;
    remember_caller(sample, access, tally);
    return &tally;
  }

  void remember_caller(const LineSample& sample, const MemoryAccess& access, AccessTally& tally) {
    if (sample.stack.value >= recording_.stacks.size()) return;
    const FrameId innermost = recording_.stacks[sample.stack.value].innermost;
    if (innermost.value >= recording_.frames.size()) return;
    CallerTally& caller = tally.callers[recording_.frames[innermost.value].caller];
    ++caller.samples;
    if (access.distance >= caller.distance) return;
    caller.innermost = innermost;
    caller.distance = access.distance;
  }

  std::vector<LineProfile> judge_lines() const {
    std::vector<LineProfile> result;
    std::unordered_map<uint64_t, const LineTally*> weak;
    for (const auto& [address, tally] : lines_) {
      if (auto line = judge_line(address, tally, recording_))
        result.push_back(std::move(*line));
      else
        weak[address] = &tally;
    }
    for (LineProfile& line : find_spread_lines(weak, private_charges_, recording_, line_size_))
      result.push_back(std::move(line));
    std::sort(result.begin(), result.end(),
              [](const LineProfile& a, const LineProfile& b) { return a.address < b.address; });
    return result;
  }

  static constexpr ThreadId kSeveral{};  // no thread's id
  static constexpr ThreadId kGoroutines{ThreadId::kNone - 1};

  const Recording& recording_;
  uint32_t line_size_;
  std::vector<bool> is_spinning_;      // by sample
  std::vector<ThreadId> first_owner_;  // by thread
  bool runs_goroutines_;
  std::unordered_map<Passage, PassageCount, PassageHash> passages_;
  std::unordered_map<Visit, VisitCount, VisitHash> visits_;  // to lines of several threads
  std::unordered_map<uint64_t, ThreadId> first_thread_;      // by line
  std::unordered_map<uint64_t, LineTally> lines_;            // shared lines, by address
  std::vector<PrivateCharge> private_charges_;               // to lines of one thread
};

}  // namespace

std::vector<LineProfile> attribute_lines(const Recording& recording,
                                         const std::vector<SpinLock>& spin_locks,
                                         Coverage& coverage) {
  coverage = {.collector = "line_attribution", .unit = "samples"};
  if (recording.line_samples.empty()) {
    coverage.reason = "the recording has no line samples";
    return {};
  }
  coverage.state = CollectorState::kOn;
  return LineAttribution(recording, spin_locks).run(coverage);
}

}  // namespace quarrel
