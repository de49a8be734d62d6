// Which cache lines do several threads fight over, according to the samples?
#include "resolve/line_attribution.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>

#include "resolve/shared_line.h"

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
};

/// Measured: 35 % of the samples of a load stand right behind it, 52 % on what depends on it. A
/// branch that is rarely taken has far more samples around it than these shares allow.
constexpr uint64_t kMaxBeyondPerPassage = 4;

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

class LineAttribution {
 public:
  explicit LineAttribution(const Recording& recording)
      : recording_(recording), line_size_(line_size_of(recording)) {}

  std::vector<LineProfile> run(Coverage& coverage) {
    for (const LineSample& sample : recording_.line_samples) note_candidates(sample);
    for (uint32_t i = 0; i < recording_.line_samples.size(); ++i) {
      ++coverage.seen;
      ++(attribute(i) ? coverage.attributed : coverage.unresolved);
    }
    return judge_lines();
  }

 private:
  void note_candidates(const LineSample& sample) {
    if (!sample.thread.is_valid()) return;
    for (const MemoryAccess& access : sample.accesses) {
      if (access.distance <= 1)
        ++passages_[{sample.thread, access.instruction}].at;
      else if (access.crosses_block)
        ++passages_[{sample.thread, access.instruction}].beyond;
      for_each_piece(access, line_size_,
                     [&](const LinePiece& piece) { note_line(piece, sample.thread); });
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
    return !access.is_own_stack || is_shared(line_of(access));
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
      if (access.size > 0 && is_credible(access, sample.thread)) accesses.push_back(access);
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
    count(sample, accesses[0], index);
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
      AccessTally* tally = tally_of(sample, access, piece);
      if (tally == nullptr) return;
      if (charged_index && piece.is_first) {
        tally->charged.push_back(*charged_index);
      } else {
        ++tally->touches;
      }
    });
  }

  /// Where to count; null for a line of one thread alone, of which nothing is kept.
  AccessTally* tally_of(const LineSample& sample, const MemoryAccess& access,
                        const LinePiece& piece) {
    if (!is_shared(piece.line)) return nullptr;
    LineTally& line = lines_[piece.line];
    line.hits.push_back({sample.time_ns, sample.thread});
    AccessTally& tally = line.accesses[{.thread = sample.thread,
                                        .offset = piece.offset,
                                        .kind = access.kind,
                                        .instruction = access.instruction,
                                        .size = piece.size,
                                        .is_locked = access.is_locked}];
    remember_frame(sample, access, tally);
    return &tally;
  }

  void remember_frame(const LineSample& sample, const MemoryAccess& access, AccessTally& tally) {
    if (sample.stack.value >= recording_.stacks.size()) return;
    if (access.distance >= tally.frame_distance) return;
    tally.frame = recording_.stacks[sample.stack.value].innermost;
    tally.frame_distance = access.distance;
  }

  std::vector<LineProfile> judge_lines() const {
    std::vector<LineProfile> result;
    for (const auto& [address, tally] : lines_)
      if (auto line = judge_line(address, tally, recording_)) result.push_back(std::move(*line));
    std::sort(result.begin(), result.end(),
              [](const LineProfile& a, const LineProfile& b) { return a.address < b.address; });
    return result;
  }

  static constexpr ThreadId kSeveral{};  // no thread's id

  const Recording& recording_;
  uint32_t line_size_;
  std::unordered_map<Passage, PassageCount, PassageHash> passages_;
  std::unordered_map<uint64_t, ThreadId> first_thread_;  // by line
  std::unordered_map<uint64_t, LineTally> lines_;        // shared lines, by address
};

}  // namespace

std::vector<LineProfile> attribute_lines(const Recording& recording, Coverage& coverage) {
  coverage = {.collector = "line_attribution", .unit = "samples"};
  if (recording.line_samples.empty()) {
    coverage.reason = "the recording has no line samples";
    return {};
  }
  coverage.state = CollectorState::kOn;
  return LineAttribution(recording).run(coverage);
}

}  // namespace quarrel
