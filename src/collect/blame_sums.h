// Where did the holders of locks stand while others waited?
#pragma once

#include <cstdint>
#include <map>
#include <tuple>

#include "model/recording.h"

namespace quarrel {

/// Which holders a collector sees: ticks see those that run, the task iterator those that do not.
enum class SeenHolders : uint8_t { kOnCpu, kOffCpu };

/// Adds samples of holders up by stack.
class BlameSums {
 public:
  explicit BlameSums(SeenHolders seen) : seen_(seen) {}

  /// Adds one sample of a holder.
  void add(const Blame& sample, const Recording& recording);

  /// Replaces the rows of recording.blames that this collector sees; sorts them all.
  void write_to(Recording& recording) const;

  uint64_t complete() const { return complete_; }  ///< stacks that reach the thread's start
  uint64_t incomplete() const { return incomplete_; }

 private:
  using Key = std::tuple<uint64_t, ThreadId, HolderState, StackId>;

  static Key key_of(const Blame& blame) {
    return {blame.address, blame.holder, blame.state, blame.stack};
  }

  SeenHolders seen_;
  std::map<Key, Blame> sums_;
  uint64_t complete_ = 0;
  uint64_t incomplete_ = 0;
};

}  // namespace quarrel
