// Which futex words are one lock, of which kind, and what is it called?
#include "resolve/lock_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "model/runtime_code.h"
#include "resolve/built_locks.h"
#include "resolve/library_code.h"
#include "resolve/member_path.h"
#include "resolve/wait_kind.h"

namespace quarrel {
namespace {

// The functions that decide the kind are the innermost ones; std::barrier sits at about 12.
constexpr size_t kFramesForKind = 24;

// Read and write waits are of one lock.
WaitKind family_of(WaitKind kind) {
  return kind == WaitKind::kRwlockRead ? WaitKind::kRwlockWrite : kind;
}

// What is known of one word, each kind weighted by the time waited.
struct Word {
  LockAttributes attributes;
  std::map<WaitKind, uint64_t> by_stack;
  std::map<WaitKind, uint64_t> by_signature;
  StackId heaviest_stack;
  uint64_t heaviest_ns = 0;
  bool has_glibc_layout = true;     // by the heaviest stack
  std::optional<WaitKind> made_of;  // likewise; only of locks that are made of another primitive

  WaitKind kind() const {
    const auto& weights = by_stack.empty() ? by_signature : by_stack;
    auto heaviest = std::max_element(weights.begin(), weights.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
    return heaviest == weights.end() ? WaitKind::kOther : heaviest->first;
  }
};

using Words = std::map<uint64_t, Word>;

Words collect_words(const Recording& recording, const std::vector<ResolvedFrame>& frames) {
  Words words;
  for (const LockWait& wait : recording.lock_waits)
    words[wait.address].by_signature[classify(wait.signature, {}).kind] += wait.total_ns + 1;
  for (const WaitStack& wait : recording.wait_stacks) {
    Word& word = words[wait.address];
    const Wait one = classify(wait.signature, functions_on(recording, frames, wait.stack));
    word.by_stack[one.kind] += wait.weight_ns + 1;
    add_attributes(word.attributes, one.attributes);
    if (wait.weight_ns < word.heaviest_ns && word.heaviest_stack.is_valid()) continue;
    word.heaviest_ns = wait.weight_ns;
    word.heaviest_stack = wait.stack;
    word.has_glibc_layout = one.has_glibc_layout;
    word.made_of = one.made_of;
  }
  for (const LockMemory& memory : recording.lock_memory)
    if (auto word = words.find(memory.address);
        word != words.end() && word->second.has_glibc_layout)
      add_attributes(word->second.attributes, attributes_of_memory(word->second.kind(), memory));
  return words;
}

struct Group {
  LockIdentity identity;
  StackId heaviest_stack;
  uint64_t heaviest_ns = 0;
  bool has_glibc_layout = true;
  std::optional<WaitKind> made_of;

  uint64_t start() const {
    const uint64_t word = identity.words.front();
    return has_glibc_layout ? object_start(made_of.value_or(identity.kind), word) : word;
  }
};

void merge(Group& into, const Group& from) {
  auto& words = into.identity.words;
  words.insert(words.end(), from.identity.words.begin(), from.identity.words.end());
  std::sort(words.begin(), words.end());
  add_attributes(into.identity.attributes, from.identity.attributes);
  if (from.identity.object.source > into.identity.object.source)
    into.identity.object = from.identity.object;
  if (from.heaviest_ns <= into.heaviest_ns) return;
  into.identity.kind = from.identity.kind;
  into.made_of = from.made_of;
  into.heaviest_ns = from.heaviest_ns;
  into.heaviest_stack = from.heaviest_stack;
}

// Merges the groups with equal keys, in order of key.
template <class Key>
std::vector<Group> merge_by(std::vector<Group> groups, Key key_of) {
  std::map<decltype(key_of(groups[0])), Group> merged;
  for (Group& group : groups) {
    auto [place, is_new] = merged.try_emplace(key_of(group), group);
    if (!is_new) merge(place->second, group);
  }
  std::vector<Group> result;
  for (auto& [key, group] : merged) result.push_back(std::move(group));
  return result;
}

bool has_variable_name(const DataObject& object) {
  return object.source >= NameSource::kGlobalVariable;
}

const CodeLocation* waiting_user_code(const Recording& recording,
                                      const std::vector<ResolvedFrame>& frames, StackId stack) {
  if (stack.value >= recording.stacks.size()) return nullptr;
  return first_user_code(recording, frames, recording.stacks[stack.value].innermost);
}

void describe_unnamed(Group& group, const Recording& recording,
                      const std::vector<ResolvedFrame>& frames) {
  DataObject& object = group.identity.object;
  // "libgomp.so+0x47648" says less than who waits.
  const bool is_named = object.source != NameSource::kUnknown ||
                        (!object.display.empty() && !is_runtime_module(object.display));
  if (group.identity.kind == WaitKind::kMutex) {
    const auto lock = library_lock(functions_on(recording, frames, group.heaviest_stack));
    // Which of the arenas tells the reader nothing.
    if (!lock.empty() && (!is_named || lock == kArenaLock)) {
      object.display = lock;
      object.how = "told by the function of the C library that waits";
      return;
    }
  }
  const auto functions = functions_on(recording, frames, group.heaviest_stack);
  const BuiltLock* built = group.made_of ? built_lock(functions) : nullptr;
  if (built != nullptr && built->is_whole_name) {
    // One for itself, beside other locks in the same variable.
    object.record.clear();
    object.field.clear();
    object.variable = object.display = built->noun;
    object.how = "told by the function that waits";
    return;
  }
  // What a variable of a language's runtime happens to point at says less than who waits.
  const bool is_by_chance = built != nullptr && built->kind == WaitKind::kOther &&
                            object.source == NameSource::kLiveVariable;
  if (is_by_chance) object = {};
  if (is_named && !is_by_chance) return;
  const CodeLocation* user = waiting_user_code(recording, frames, group.heaviest_stack);
  if (user == nullptr && waits_for_team(functions)) {
    object.display = "OpenMP threads without work";
    return;
  }
  object.address = group.start();
  object.display = built != nullptr ? built->noun : kind_noun(group.identity.kind);
  if (user == nullptr) return;
  object.display += " waited for in " + user->function;
  object.how = "no variable leads to it; told by the function that waits";
}

}  // namespace

DataObject as_lock(DataObject object) {
  constexpr std::string_view kCritical = ".gomp_critical_user_";
  if (object.variable.starts_with(kCritical)) {
    object.display = fmt::format("omp critical ({})", object.variable.substr(kCritical.size()));
    object.variable = object.display;
  }
  const std::string member = "." + object.field;
  if (object.source != NameSource::kGlobalVariable || !is_lock_name(object.record) ||
      !object.display.ends_with(member))
    return object;
  object.display.resize(object.display.size() - member.size());
  object.type = std::exchange(object.record, {});
  object.field.clear();
  object.address -= std::exchange(object.record_offset, 0);
  return object;
}

std::vector<std::string_view> functions_on(const Recording& recording,
                                           const std::vector<ResolvedFrame>& frames,
                                           StackId stack) {
  std::vector<std::string_view> functions;
  if (stack.value >= recording.stacks.size()) return functions;
  FrameId frame = recording.stacks[stack.value].innermost;
  while (frame.value < frames.size() && functions.size() < kFramesForKind) {
    for (const CodeLocation& location : frames[frame.value].locations)
      functions.push_back(location.function);
    FrameId caller = recording.frames[frame.value].caller;
    if (caller.is_valid() && caller.value >= frame.value) break;  // callers stand before callees
    frame = caller;
  }
  return functions;
}

std::vector<uint64_t> lock_words(const Recording& recording) {
  std::vector<uint64_t> words;
  for (const LockWait& wait : recording.lock_waits) words.push_back(wait.address);
  for (const WaitStack& wait : recording.wait_stacks) words.push_back(wait.address);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::vector<LockIdentity> identify_locks(const Recording& recording,
                                         const std::vector<ResolvedFrame>& frames,
                                         const AddressNames& names) {
  std::vector<Group> groups;
  for (const auto& [address, word] : collect_words(recording, frames)) {
    Group group{
        {.kind = word.kind(), .attributes = word.attributes, .object = {}, .words = {address}},
        word.heaviest_stack,
        word.heaviest_ns,
        word.has_glibc_layout,
        word.made_of};
    if (auto name = names.find(address); name != names.end())
      group.identity.object = as_lock(name->second);
    groups.push_back(std::move(group));
  }
  groups = merge_by(std::move(groups), [](const Group& group) {
    return std::pair(group.start(), family_of(group.identity.kind));
  });
  groups = merge_by(std::move(groups), [](const Group& group) {
    const DataObject& object = group.identity.object;
    uint64_t start = has_variable_name(object) ? object.address : group.identity.words[0];
    return std::pair(start, family_of(group.identity.kind));
  });
  std::vector<LockIdentity> locks;
  for (Group& group : groups) {
    describe_unnamed(group, recording, frames);
    locks.push_back(std::move(group.identity));
  }
  std::sort(locks.begin(), locks.end(),
            [](const LockIdentity& a, const LockIdentity& b) { return a.words < b.words; });
  return locks;
}

}  // namespace quarrel
