// Which lock does a thread wait for if the futex word that it sleeps on is not in the lock?
#include "resolve/proxied_locks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

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

struct Held {
  uint64_t value = 0;
  size_t times = 0;
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
    case WaitKind::kCallOnce:
      return type.ends_with("::Once");
    case WaitKind::kRobustMutex:
    case WaitKind::kPiMutex:
    case WaitKind::kJoin:
    case WaitKind::kFuture:
    case WaitKind::kGoMutex:
    case WaitKind::kGoRwmutex:
    case WaitKind::kPark:
    case WaitKind::kChannel:
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
    collect_places();
    collect_pointers();
    if (!searched_.empty()) {
      name_pointers();
      choose_objects();
    }
    if (!object_of_.empty() || !place_of_stack_.empty()) move_waits();
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

  // Where user code waits by a word that says nothing of what it waits for. If no object is found,
  // the place in the code stands for it.
  void collect_places() {
    for (const WaitStack& wait : recording_.wait_stacks) {
      if (place_of_stack_.contains(wait.stack)) continue;
      const auto functions = functions_on(recording_, names_.frames, wait.stack);
      if (!waits_by_own_word(functions) && !waits_for_team(functions)) continue;
      if (const uint64_t place = place_of(wait.stack)) place_of_stack_[wait.stack] = place;
    }
  }

  uint64_t place_of(StackId stack) const {
    FrameId frame = recording_.stacks[stack.value].innermost;
    size_t depth = depth_of_user_code(recording_, names_.frames, stack);
    while (depth-- > 0 && frame.value < recording_.frames.size())
      frame = recording_.frames[frame.value].caller;
    return frame.value < recording_.frames.size() ? recording_.frames[frame.value].pc : 0;
  }

  void collect_pointers() {
    CallFrameWalker walker(recording_, options_.sysroot, 0);
    for (size_t i = 0; i < recording_.exemplars.size() && searched_.size() < kMaxSearched; ++i) {
      const Exemplar& exemplar = recording_.exemplars[i];
      const auto functions = functions_on(recording_, names_.frames, exemplar.stack);
      if (!waits_by_own_word(functions) && !is_pool_word(exemplar.address)) continue;
      const auto meaning = meaning_of_stack(functions);
      if (!meaning) continue;
      const WaitKind kind = awaits_at_mutex(functions) ? WaitKind::kMutex : meaning->kind;
      searched_.push_back({i, kind, pointers_of(exemplar, walker.walk(exemplar.capture))});
    }
  }

  // Each frame between the sleep and the user's code hands the object down, so what most of them
  // hold comes first. The user's own frame may hold other locks too: it is asked last.
  std::vector<uint64_t> pointers_of(const Exemplar& exemplar, const CallFrames& walk) const {
    const size_t user = depth_of_user_code(recording_, names_.frames, exemplar.stack);
    std::vector<Held> held;
    for (size_t depth = 0; depth < std::min(user, walk.frames.size()); ++depth)
      for (uint64_t value : values_of(exemplar.capture, walk, depth)) count(value, held);
    std::stable_sort(held.begin(), held.end(),
                     [](const Held& a, const Held& b) { return a.times > b.times; });
    std::vector<uint64_t> values;
    for (const Held& one : held) values.push_back(one.value);
    if (user < walk.frames.size())
      for (uint64_t value : values_of(exemplar.capture, walk, user)) values.push_back(value);
    std::erase_if(values, [](uint64_t value) { return value < kLowestPointer; });
    return values;
  }

  static void count(uint64_t value, std::vector<Held>& held) {
    const auto known = std::ranges::find(held, value, &Held::value);
    if (known != held.end())
      ++known->times;
    else
      held.push_back({value, 1});
  }

  // Registers that this frame changed, and its part of the stack.
  static std::vector<uint64_t> values_of(const Capture& capture, const CallFrames& walk,
                                         size_t depth) {
    std::vector<uint64_t> values;
    const FrameRegisters& own = walk.frames[depth].registers;
    const bool has_caller = depth + 1 < walk.frames.size();
    for (uint64_t number = 0; number < kRip; ++number) {
      if (!own.is_known(number) || number == kRsp) continue;
      const bool is_callers = has_caller && walk.frames[depth + 1].registers.is_known(number) &&
                              walk.frames[depth + 1].registers.value[number] == own.value[number];
      if (!is_callers) values.push_back(own.value[number]);
    }
    const uint64_t end = walk.frames[depth].canonical_frame_address;
    uint64_t at = own.is_known(kRsp) ? own.value[kRsp] : end;
    for (size_t i = 0; i < kMaxStackWords && at < end; ++i, at += 8)
      if (auto word = read_captured(capture, at, 8)) values.push_back(*word);
    return values;
  }

  void name_pointers() {
    Recording slim;
    slim.run = recording_.run;
    slim.modules = recording_.modules;
    slim.mappings = recording_.mappings;
    slim.thread_local_blocks = recording_.thread_local_blocks;
    slim.threads = recording_.threads;
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
    // A lock that is a variable of its own is shown by its first member.
    const bool is_lock_itself = object.record_offset == 0 && has_type_for(kind, object.record);
    return is_variable && (is_lock_itself || has_type_for(kind, object.type));
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
      note_of_stack(exemplar.stack, *object);
      DataObject named = *object;
      named.how = "a guess: the thread sleeps on another word, but its stack points at this object";
      names_.data[object->address] = std::move(named);
    }
  }

  void note_of_stack(StackId stack, const DataObject& object) {
    auto [known, is_new] = object_of_stack_.try_emplace(stack, &object);
    if (!is_new && known->second != nullptr && known->second->display != object.display)
      known->second = nullptr;
  }

  // Only some waits of a stack are kept whole. Where these agree on a name, so do the others.
  std::optional<uint64_t> object_for(uint64_t word, StackId stack) const {
    if (auto object = object_of_.find({word, stack}); object != object_of_.end())
      return object->second;
    auto object = object_of_stack_.find(stack);
    if (object != object_of_stack_.end() && object->second != nullptr)
      return object->second->address;
    auto place = place_of_stack_.find(stack);
    return place == place_of_stack_.end() ? std::nullopt : std::optional(place->second);
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
      weights[object_for(word, wait.stack).value_or(word)] += wait.weight_ns + 1;
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

  // The first, heaviest share gets what rounding leaves: the sums stay exact. Who waited any time
  // waited at least once.
  static void split(const LockWait& wait, std::vector<Share> shares, std::vector<LockWait>& waits) {
    if (shares.size() > std::max<uint64_t>(1, wait.count))
      shares.resize(std::max<uint64_t>(1, wait.count));
    uint64_t all = 0;
    for (const Share& share : shares) all += share.weight;
    LockWait first = wait;
    first.address = shares.front().object;
    for (size_t i = 1; i < shares.size(); ++i) {
      LockWait one = wait;
      one.address = shares[i].object;
      const uint64_t most = first.count - (shares.size() - i);
      one.count = std::clamp<uint64_t>(part(wait.count, shares[i], all), 1, most);
      one.total_ns = part(wait.total_ns, shares[i], all);
      first.count -= one.count;
      first.total_ns -= one.total_ns;
      waits.push_back(one);
    }
    waits.push_back(first);
  }

  void move_waits() {
    std::map<uint64_t, uint64_t> heaviest;  // word -> object
    for (const WaitStack& wait : recording_.wait_stacks)
      if (!heaviest.contains(wait.address) && object_for(wait.address, wait.stack))
        heaviest[wait.address] = shares_of(wait.address, {}).front().object;
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
      if (auto object = object_for(wait.address, wait.stack)) wait.address = *object;
    for (LongWait& wait : recording_.long_waits)
      if (auto object = object_for(wait.address, wait.stack)) wait.address = *object;
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
  std::map<StackId, uint64_t> place_of_stack_;            // address of code
  std::map<StackKey, uint64_t> object_of_;                // start of the object
  std::map<StackId, const DataObject*> object_of_stack_;  // null: they disagree
};

}  // namespace

void redirect_proxied_waits(Recording& recording, FoundNames& names,
                            const ResolveOptions& options) {
  Redirection(recording, names, options).run();
}

}  // namespace quarrel
