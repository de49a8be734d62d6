// Which lock does a thread wait for if the futex word that it sleeps on is not in the lock?
#include "resolve/proxied_locks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolve/call_frames.h"
#include "resolve/library_code.h"
#include "resolve/member_path.h"
#include "resolve/wait_functions.h"

namespace quarrel {
namespace {

// Bounds the time: a capture takes 0.5 to 15 ms to search, and threads that wait at one place show
// the same variables.
constexpr size_t kMaxSearched = 256;
constexpr uint64_t kLowestPointer = 4096;
constexpr size_t kMaxStackWords = 512;

// Pointers that one capture holds between the sleep and the user's code, the likeliest first.
struct Pointers {
  size_t exemplar = 0;
  WaitKind kind = WaitKind::kOther;
  std::vector<uint64_t> values;
};

using StackKey = std::pair<uint64_t, StackId>;  // (futex word, stack)

bool is_condition_name(const std::string& type) {
  return type.find("ondVar") != std::string::npos || type.find("ondvar") != std::string::npos;
}

bool has_type_for(WaitKind kind, const std::string& type) {
  switch (kind) {
    case WaitKind::kMutex:
    case WaitKind::kRwlockRead:
    case WaitKind::kRwlockWrite:
      return is_lock_name(type) && !is_condition_name(type);
    case WaitKind::kCondvar:
      return is_condition_name(type);
    case WaitKind::kBarrier:
      return type.starts_with("std::barrier");
    case WaitKind::kAtomicWait:
    case WaitKind::kOwnLock:
      return type.starts_with("std::atomic") || is_lock_name(type);
    case WaitKind::kSemaphore:
      return type.starts_with("std::counting_semaphore");
    case WaitKind::kLatch:
      return type == "std::latch";
    case WaitKind::kRobustMutex:
    case WaitKind::kPiMutex:
    case WaitKind::kJoin:
    case WaitKind::kFuture:
    case WaitKind::kCallOnce:
    case WaitKind::kPark:
    case WaitKind::kOther:
      return false;
  }
  return false;
}

class Redirection {
 public:
  Redirection(Recording& recording, FoundNames& names, const ResolveOptions& options)
      : recording_(recording), names_(names), options_(options) {}

  void run() {
    collect_pointers();
    if (searched_.empty()) return;
    name_pointers();
    choose_objects();
    if (!object_of_.empty()) move_waits();
  }

 private:
  // A slot of the pool of libstdc++ has the name of a static variable of its function.
  bool is_pool_word(uint64_t word) const {
    auto name = names_.data.find(word);
    if (name == names_.data.end()) return false;
    const std::string& type = name->second.type;
    return type.find("__waiter_pool_base") != std::string::npos ||
           name->second.record.find("__waiter_pool_base") != std::string::npos ||
           name->second.display.starts_with("_S_for::__w");
  }

  void collect_pointers() {
    CallFrameWalker walker(recording_, options_.sysroot, 0);
    for (size_t i = 0; i < recording_.exemplars.size() && searched_.size() < kMaxSearched; ++i) {
      const Exemplar& exemplar = recording_.exemplars[i];
      const auto functions = functions_on(recording_, names_.frames, exemplar.stack);
      if (!waits_by_own_word(functions) && !is_pool_word(exemplar.address)) continue;
      const auto meaning = meaning_of_stack(functions);
      if (!meaning) continue;
      searched_.push_back({i, meaning->kind, pointers_of(exemplar, walker.walk(exemplar.capture))});
    }
  }

  // The frames up to and with the user's innermost one; its own variables may be on its stack.
  static std::vector<uint64_t> pointers_of(const Exemplar& exemplar, const CallFrames& walk) {
    std::vector<uint64_t> values;
    for (const CallFrame& frame : walk.frames)
      for (uint64_t number = 0; number < kRip; ++number)
        if (frame.registers.is_known(number)) values.push_back(frame.registers.value[number]);
    const uint64_t sp = exemplar.capture.registers[kRsp];
    for (size_t i = 0; i < kMaxStackWords; ++i)
      if (auto word = read_captured(exemplar.capture, sp + 8 * i, 8)) values.push_back(*word);
    std::erase_if(values, [](uint64_t value) { return value < kLowestPointer; });
    return values;
  }

  void name_pointers() {
    Recording slim;
    slim.run = recording_.run;
    slim.modules = recording_.modules;
    slim.mappings = recording_.mappings;
    Wanted wanted;
    for (const Pointers& pointers : searched_) {
      slim.exemplars.push_back(recording_.exemplars[pointers.exemplar]);
      wanted.data.insert(wanted.data.end(), pointers.values.begin(), pointers.values.end());
    }
    std::sort(wanted.data.begin(), wanted.data.end());
    wanted.data.erase(std::unique(wanted.data.begin(), wanted.data.end()), wanted.data.end());
    pointed_at_ = find_names(slim, wanted, options_).data;
  }

  static bool suits(const DataObject& object, WaitKind kind) {
    const bool is_variable =
        object.source == NameSource::kGlobalVariable || object.source == NameSource::kLiveVariable;
    return is_variable && has_type_for(kind, object.type);
  }

  const DataObject* object_of(const Pointers& pointers) const {
    for (uint64_t value : pointers.values) {
      auto found = pointed_at_.find(value);
      if (found != pointed_at_.end() && suits(found->second, pointers.kind)) return &found->second;
    }
    return nullptr;
  }

  void choose_objects() {
    for (const Pointers& pointers : searched_) {
      const DataObject* object = object_of(pointers);
      if (object == nullptr) continue;
      const Exemplar& exemplar = recording_.exemplars[pointers.exemplar];
      object_of_[{exemplar.address, exemplar.stack}] = object->address;
      DataObject named = *object;
      named.how = "a guess: the thread sleeps on another word, but its stack points at this object";
      names_.data[object->address] = std::move(named);
    }
  }

  struct Share {
    uint64_t object = 0;
    uint64_t weight = 0;
  };

  // Where the waits for a word went, by weight; what no object was found for stays with the word.
  std::vector<Share> shares_of(uint64_t word, ThreadId waiter) const {
    std::map<uint64_t, uint64_t> weights;
    for (const WaitStack& wait : recording_.wait_stacks) {
      if (wait.address != word || (waiter.is_valid() && wait.waiter != waiter)) continue;
      auto object = object_of_.find({word, wait.stack});
      weights[object == object_of_.end() ? word : object->second] += wait.weight_ns + 1;
    }
    std::vector<Share> shares;
    for (const auto& [object, weight] : weights) shares.push_back({object, weight});
    std::stable_sort(shares.begin(), shares.end(),
                     [](const Share& a, const Share& b) { return a.weight > b.weight; });
    return shares;
  }

  static uint64_t part(uint64_t amount, const Share& share, uint64_t all) {
    return static_cast<uint64_t>(static_cast<double>(amount) * static_cast<double>(share.weight) /
                                 static_cast<double>(all));
  }

  // The first, heaviest share gets what rounding leaves: the sums stay exact.
  static void split(const LockWait& wait, const std::vector<Share>& shares,
                    std::vector<LockWait>& waits) {
    uint64_t all = 0;
    for (const Share& share : shares) all += share.weight;
    const size_t heaviest = waits.size();
    LockWait rest = wait;
    for (const Share& share : shares) {
      LockWait one = wait;
      one.address = share.object;
      one.count = part(wait.count, share, all);
      one.total_ns = part(wait.total_ns, share, all);
      rest.count -= one.count;
      rest.total_ns -= one.total_ns;
      waits.push_back(one);
    }
    waits[heaviest].count += rest.count;
    waits[heaviest].total_ns += rest.total_ns;
  }

  void move_waits() {
    std::map<uint64_t, uint64_t> heaviest;  // word -> object
    for (const auto& [key, object] : object_of_)
      if (!heaviest.contains(key.first))
        heaviest[key.first] = shares_of(key.first, {}).front().object;
    std::vector<LockWait> waits;
    for (const LockWait& wait : recording_.lock_waits) {
      std::vector<Share> shares;
      if (heaviest.contains(wait.address)) shares = shares_of(wait.address, wait.waiter);
      if (shares.empty())
        waits.push_back(wait);
      else
        split(wait, shares, waits);
    }
    for (WaitStack& wait : recording_.wait_stacks)
      if (auto object = object_of_.find({wait.address, wait.stack}); object != object_of_.end())
        wait.address = object->second;
    recording_.lock_waits = std::move(waits);
    move_rows(recording_.lock_stats, heaviest);
    move_rows(recording_.long_waits, heaviest);
    move_rows(recording_.wait_slices, heaviest);
    move_rows(recording_.holder_times, heaviest);
    move_rows(recording_.blames, heaviest);
    move_rows(recording_.wake_stacks, heaviest);
  }

  template <class Row>
  static void move_rows(std::vector<Row>& rows, const std::map<uint64_t, uint64_t>& to) {
    for (Row& row : rows)
      if (auto object = to.find(row.address); object != to.end()) row.address = object->second;
  }

  Recording& recording_;
  FoundNames& names_;
  const ResolveOptions& options_;
  std::vector<Pointers> searched_;
  AddressNames pointed_at_;
  std::map<StackKey, uint64_t> object_of_;  // start of the object
};

}  // namespace

void redirect_proxied_waits(Recording& recording, FoundNames& names,
                            const ResolveOptions& options) {
  Redirection(recording, names, options).run();
}

}  // namespace quarrel
