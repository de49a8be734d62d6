// Which sharing is spread over so many lines that none of them is hot by itself?
#include "resolve/spread_lines.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace quarrel {
namespace {

/// Fewer lines are a coincidence, or hot enough to be judged one by one.
constexpr uint64_t kMinLines = 8;
/// A line with more different accesses tells little about pairs, and costs time.
constexpr size_t kMaxAccessesPerLine = 32;
/// Pairs of samples of different threads on one line, and how many of them would be expected to hit
/// the same bytes.
constexpr double kMinPairs = 20;
constexpr double kMinExpectedOverlaps = 5;
/// Of the expected overlaps, so many may be there in spite of false sharing (an initialisation, a
/// sum over all threads).
constexpr double kMaxOverlapShare = 0.2;
/// Samples of one access beyond this make no more pairs: a line that is looked at often must not
/// speak for all.
constexpr uint64_t kMaxSamplesInPairs = 3;
/// Of the lines that two threads would have in common by chance.
constexpr double kMinCommonShare = 0.5;

using Instruction = uint64_t;
using InstructionPair = std::pair<Instruction, Instruction>;
using ThreadCode = std::pair<ThreadId, Instruction>;
using WeakLines = std::unordered_map<uint64_t, const LineTally*>;

bool clash(const AccessKey& a, const AccessKey& b) {
  return a.thread != b.thread && (a.kind != AccessKind::kRead || b.kind != AccessKind::kRead);
}

bool overlap(const AccessKey& a, const AccessKey& b) {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

uint64_t samples_of(const AccessTally& tally) {
  return tally.charged.size() + tally.touches;
}

InstructionPair pair_of(const AccessKey& a, const AccessKey& b) {
  return std::minmax(a.instruction, b.instruction);
}

template <class Visit>
void for_each_clash(const LineTally& line, Visit visit) {
  if (line.accesses.size() > kMaxAccessesPerLine) return;
  for (auto a = line.accesses.begin(); a != line.accesses.end(); ++a)
    for (auto b = std::next(a); b != line.accesses.end(); ++b)
      if (clash(a->first, b->first)) visit(*a, *b);
}

/// Instructions that meet on lines, put together: which of them belong to one pattern?
class Patterns {
 public:
  void join(Instruction a, Instruction b) { parents_[root_of(a)] = root_of(b); }
  bool contains(Instruction one) const { return parents_.contains(one); }

  Instruction root_of(Instruction one) {
    Instruction& parent = parents_.try_emplace(one, one).first->second;
    if (parent != one) parent = root_of(parent);
    return parent;
  }

 private:
  std::unordered_map<Instruction, Instruction> parents_;
};

Patterns patterns_of(const WeakLines& lines) {
  std::map<InstructionPair, uint64_t> lines_of_pair;
  for (const auto& [address, line] : lines) {
    std::set<InstructionPair> pairs;
    for_each_clash(*line,
                   [&](const auto& a, const auto& b) { pairs.insert(pair_of(a.first, b.first)); });
    for (const InstructionPair& pair : pairs) ++lines_of_pair[pair];
  }
  Patterns patterns;
  for (const auto& [pair, count] : lines_of_pair)
    if (count >= kMinLines) patterns.join(pair.first, pair.second);
  return patterns;
}

/// Pairs of samples on one line, and those of them that want the same bytes.
struct PairCount {
  double all = 0;
  double overlapping = 0;
  void add(double pairs, bool is_overlap) {
    all += pairs;
    if (is_overlap) overlapping += pairs;
  }
};

/// One pattern: the lines on which its instructions clash.
struct Spread {
  std::map<uint64_t, const LineTally*> lines;
};

double pairs_of(const AccessTally& a, const AccessTally& b) {
  return static_cast<double>(std::min(samples_of(a), kMaxSamplesInPairs) *
                             std::min(samples_of(b), kMaxSamplesInPairs));
}

double pairs_within(const AccessTally& tally) {
  const auto count = static_cast<double>(std::min(samples_of(tally), kMaxSamplesInPairs));
  return count * (count - 1) / 2;
}

bool is_false_sharing(const Spread& spread) {
  PairCount of_two_threads;
  PairCount of_one_thread;
  for (const auto& [address, line] : spread.lines) {
    if (line->accesses.size() > kMaxAccessesPerLine) continue;
    for (auto a = line->accesses.begin(); a != line->accesses.end(); ++a) {
      of_one_thread.add(pairs_within(a->second), true);
      for (auto b = std::next(a); b != line->accesses.end(); ++b) {
        const bool is_same_thread = a->first.thread == b->first.thread;
        if (!is_same_thread && !clash(a->first, b->first)) continue;
        PairCount& count = is_same_thread ? of_one_thread : of_two_threads;
        count.add(pairs_of(a->second, b->second), overlap(a->first, b->first));
      }
    }
  }
  if (of_two_threads.all < kMinPairs || of_one_thread.all == 0) return false;
  const double expected = of_two_threads.all * of_one_thread.overlapping / of_one_thread.all;
  return expected >= kMinExpectedOverlaps &&
         of_two_threads.overlapping <= kMaxOverlapShare * expected;
}

/// The chance that two threads or more are on a line, if thread i is on it with chance shares[i].
double chance_of_two(const std::vector<double>& shares) {
  double none = 1;
  double one = 0;
  for (double share : shares) {
    one = one * (1 - share) + none * share;
    none *= 1 - share;
  }
  return 1 - none - one;
}

class SpreadSearch {
 public:
  SpreadSearch(const WeakLines& lines, const std::vector<PrivateCharge>& private_charges,
               const Recording& recording, uint32_t line_size)
      : lines_(lines),
        private_charges_(private_charges),
        recording_(recording),
        line_size_(line_size),
        patterns_(patterns_of(lines)) {}

  std::vector<LineProfile> run() {
    std::map<Instruction, Spread> spreads;
    for (const auto& [address, line] : lines_)
      if (const auto pattern = pattern_of(*line)) spreads[*pattern].lines[address] = line;
    std::vector<LineProfile> found;
    for (auto& [pattern, spread] : spreads) {
      if (spread.lines.size() < kMinLines || !is_false_sharing(spread)) continue;
      if (auto profile = profile_of(pattern, spread)) found.push_back(std::move(*profile));
    }
    return found;
  }

 private:
  std::optional<Instruction> pattern_of(const LineTally& line) {
    std::optional<Instruction> pattern;
    for_each_clash(line, [&](const auto& a, const auto& b) {
      if (!pattern && patterns_.contains(a.first.instruction) &&
          patterns_.contains(b.first.instruction))
        pattern = patterns_.root_of(a.first.instruction);
    });
    return pattern;
  }

  /// The line on which most of the threads and instructions were seen; then one under watch; then
  /// that with most samples.
  static uint64_t example_of(const Spread& spread) {
    std::tuple<size_t, bool, uint64_t> best;
    uint64_t example = 0;
    for (const auto& [address, line] : spread.lines) {
      std::set<ThreadCode> code;
      uint64_t samples = 0;
      bool is_watched = false;
      for (const auto& [key, tally] : line->accesses) {
        code.insert({key.thread, key.instruction});
        samples += samples_of(tally);
        is_watched |= tally.hits > 0;
      }
      if (std::tuple(code.size(), is_watched, samples) <= best) continue;
      best = {code.size(), is_watched, samples};
      example = address;
    }
    return example;
  }

  std::optional<LineProfile> profile_of(Instruction pattern, Spread& spread) {
    const uint64_t example = example_of(spread);
    std::map<ThreadCode, AccessKey> places;
    for (const auto& [key, tally] : spread.lines.at(example)->accesses)
      if (patterns_.contains(key.instruction))
        places.try_emplace({key.thread, key.instruction}, key);
    LineTally merged;
    for (const auto& [address, line] : spread.lines) merge(*line, places, merged);
    add_hits(*spread.lines.at(example), places, merged);
    if (is_shared_throughout(pattern, spread)) add_private_charges(spread, places, merged);
    sort_samples(merged);
    auto profile = judge_line(example, merged, recording_);
    if (profile) profile->lines = spread.lines.size();
    return profile;
  }

  static void merge(const LineTally& line, const std::map<ThreadCode, AccessKey>& places,
                    LineTally& into) {
    for (const auto& [key, tally] : line.accesses) {
      const auto place = places.find({key.thread, key.instruction});
      if (place == places.end()) continue;
      AccessTally& sum = into.accesses[place->second];
      sum.charged.insert(sum.charged.end(), tally.charged.begin(), tally.charged.end());
      sum.touches += tally.touches;
      sum.certain += tally.certain;
      merge_callers(tally, sum);
    }
    into.hits.insert(into.hits.end(), line.hits.begin(), line.hits.end());
  }

  /// Watchpoints confirm what they saw on the example, not the other lines.
  static void add_hits(const LineTally& example, const std::map<ThreadCode, AccessKey>& places,
                       LineTally& into) {
    for (const auto& [key, tally] : example.accesses) {
      const auto place = places.find({key.thread, key.instruction});
      if (place == places.end()) continue;
      uint64_t& hits = into.accesses[place->second].hits;
      hits = std::max(hits, tally.hits);
    }
  }

  static void merge_callers(const AccessTally& tally, AccessTally& into) {
    for (const auto& [frame, caller] : tally.callers) {
      CallerTally& sum = into.callers[frame];
      sum.samples += caller.samples;
      if (caller.distance >= sum.distance) continue;
      sum.distance = caller.distance;
      sum.innermost = caller.innermost;
    }
  }

  /// Do the threads meet on about as many lines as they would if each went anywhere? Then lines on
  /// which only one of them was seen are shared as well, only that too few samples show it.
  bool is_shared_throughout(Instruction pattern, const Spread& spread) {
    std::map<ThreadId, std::set<uint64_t>> lines_of_thread;
    for (const auto& [address, line] : spread.lines)
      for (const auto& [key, tally] : line->accesses) lines_of_thread[key.thread].insert(address);
    for (const PrivateCharge& charge : private_charges_)
      if (is_within(charge, spread) && belongs_to(pattern, charge))
        lines_of_thread[charge.key.thread].insert(charge.line);
    const uint64_t bytes = spread.lines.rbegin()->first - spread.lines.begin()->first;
    const double lines = static_cast<double>(bytes / line_size_ + 1);
    std::vector<double> shares;
    for (const auto& [thread, own] : lines_of_thread)
      shares.push_back(std::min(1.0, static_cast<double>(own.size()) / lines));
    return static_cast<double>(spread.lines.size()) >=
           kMinCommonShare * lines * chance_of_two(shares);
  }

  static bool is_within(const PrivateCharge& charge, const Spread& spread) {
    return charge.line >= spread.lines.begin()->first &&
           charge.line <= spread.lines.rbegin()->first;
  }

  bool belongs_to(Instruction pattern, const PrivateCharge& charge) {
    return patterns_.contains(charge.key.instruction) &&
           patterns_.root_of(charge.key.instruction) == pattern;
  }

  void add_private_charges(const Spread& spread, const std::map<ThreadCode, AccessKey>& places,
                           LineTally& into) {
    for (const PrivateCharge& charge : private_charges_) {
      if (!is_within(charge, spread)) continue;
      const auto place = places.find({charge.key.thread, charge.key.instruction});
      if (place == places.end()) continue;
      AccessTally& sum = into.accesses[place->second];
      sum.charged.push_back(charge.sample);
      ++sum.certain;
      into.hits.push_back({recording_.line_samples[charge.sample].time_ns, charge.key.thread});
    }
  }

  static void sort_samples(LineTally& line) {
    for (auto& [key, tally] : line.accesses) std::sort(tally.charged.begin(), tally.charged.end());
  }

  const WeakLines& lines_;
  const std::vector<PrivateCharge>& private_charges_;
  const Recording& recording_;
  uint32_t line_size_;
  Patterns patterns_;
};

}  // namespace

std::vector<LineProfile> find_spread_lines(
    const std::unordered_map<uint64_t, const LineTally*>& lines,
    const std::vector<PrivateCharge>& private_charges, const Recording& recording,
    uint32_t line_size) {
  if (lines.size() < kMinLines) return {};
  return SpreadSearch(lines, private_charges, recording, line_size).run();
}

}  // namespace quarrel
