// Which lock of the source does a lock without a name seem to be?
#include "join/lock_guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "join/source_names.h"

namespace quarrel {
namespace {

/// The line that takes the lock is near the innermost frame.
constexpr int kMaxFrames = 16;

bool lacks_name(const LockIdentity& lock) {
  const DataObject& object = lock.object;
  return is_contention(lock.kind) && object.source == NameSource::kUnknown &&
         object.variable.empty() && object.record.empty();
}

class LockGuesses {
 public:
  LockGuesses(const Profile& profile, const SourceFacts& facts) : profile_(profile), facts_(facts) {
    for (const LockRegion& region : facts.lock_regions)
      by_line_[region.begin.line].push_back(&region);
    for (const WaitStack& wait : profile.recording.wait_stacks)
      stacks_[wait.address].push_back(wait.stack);
  }

  void name(LockIdentity& lock) const {
    if (const SymbolId symbol = agreed_lock(lock); symbol.is_valid()) describe(symbol, lock.object);
  }

 private:
  SymbolId agreed_lock(const LockIdentity& lock) const {
    SymbolId agreed;
    for (uint64_t word : lock.words) {
      const auto stacks = stacks_.find(word);
      if (stacks == stacks_.end()) continue;
      for (StackId stack : stacks->second) {
        const SymbolId one = lock_taken_on(stack);
        if (!one.is_valid() || (agreed.is_valid() && one != agreed)) return {};
        agreed = one;
      }
    }
    return agreed;
  }

  SymbolId lock_taken_on(StackId stack) const {
    if (stack.value >= profile_.recording.stacks.size()) return {};
    FrameId frame = profile_.recording.stacks[stack.value].innermost;
    for (int i = 0; i < kMaxFrames && frame.value < profile_.frames.size(); ++i) {
      for (const CodeLocation& place : profile_.frames[frame.value].locations)
        if (const SymbolId lock = lock_taken_at(place); lock.is_valid()) return lock;
      const FrameId caller = profile_.recording.frames[frame.value].caller;
      if (caller.value >= frame.value) break;
      frame = caller;
    }
    return {};
  }

  /// A line that takes several locks tells nothing.
  SymbolId lock_taken_at(const CodeLocation& place) const {
    const auto regions = by_line_.find(place.line);
    if (regions == by_line_.end() || place.file.empty()) return {};
    SymbolId found;
    for (const LockRegion* region : regions->second) {
      const FileId file = region->begin.file;
      if (file.value >= facts_.files.size() || !is_same_file(place.file, facts_.files[file.value]))
        continue;
      if (found.is_valid() && found != region->lock) return {};
      found = region->lock;
    }
    return found;
  }

  static std::string place_of(const CodeLocation& place) {
    if (place.file.empty()) return "";
    return fmt::format(" @ {}:{}", place.file.substr(place.file.rfind('/') + 1), place.line);
  }

  void describe(SymbolId symbol, DataObject& object) const {
    if (!describe_symbol(facts_, symbol, object)) return;
    object.source = NameSource::kGuess;
    object.display += place_of(object.declared) + " (a guess)";
    object.how = "a guess: the source takes this lock on the line that waits";
  }

  const Profile& profile_;
  const SourceFacts& facts_;
  std::unordered_map<uint32_t, std::vector<const LockRegion*>> by_line_;
  std::unordered_map<uint64_t, std::vector<StackId>> stacks_;  // by futex word
};

}  // namespace

void guess_lock_names(const SourceFacts& facts, Profile& profile) {
  const LockGuesses guesses(profile, facts);
  for (LockIdentity& lock : profile.locks)
    if (lacks_name(lock)) guesses.name(lock);
}

}  // namespace quarrel
