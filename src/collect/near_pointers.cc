// Which pointers of the target lead to the memory around an address?
#include "collect/near_pointers.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <span>
#include <tuple>

namespace quarrel {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint64_t kReach = 1 << 20;
constexpr uint64_t kObjectBytes = 512;  ///< of what a register or the stack points at
constexpr size_t kObjectWords = kObjectBytes / kWord;
constexpr uint64_t kGlobalBytes = 256 << 10;
constexpr size_t kStackWords = 48;  ///< that may point at objects
constexpr size_t kMaxPointers = 256;
constexpr size_t kMaxHops = 512;          ///< pointers that are followed one step further
constexpr uint64_t kRecordReach = 16384;  ///< a record that has the data begins so near
constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kEndOfUserSpace = uint64_t{1} << 47;

iovec remote_bytes(uint64_t address, uint64_t size) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process
  return {reinterpret_cast<void*>(address), size};
}

/// Words that could be read: fewer where a page behind the first one is not mapped.
std::vector<uint64_t> read_words(pid_t pid, uint64_t address, uint64_t size) {
  std::vector<uint64_t> words(size / kWord);
  const uint64_t here = std::min(size, kPageBytes - address % kPageBytes);
  const iovec local{words.data(), words.size() * kWord};
  const iovec remote[2] = {remote_bytes(address, here), remote_bytes(address + here, size - here)};
  const ssize_t bytes = process_vm_readv(pid, &local, 1, remote, here < size ? 2 : 1, 0);
  words.resize(bytes < 0 ? 0 : static_cast<size_t>(bytes) / kWord);
  return words;
}

/// How many bytes malloc gave to the block that begins at `address`; 0 if it does not look like
/// one. glibc keeps the size of a chunk, its own word included, before the block; an array of
/// records with a destructor begins behind the number of its elements.
uint64_t heap_bytes_from(pid_t pid, uint64_t address) {
  if (address < kPageBytes || address % kWord != 0) return 0;
  const std::vector<uint64_t> before = read_words(pid, address - 2 * kWord, 2 * kWord);
  if (before.size() != 2) return 0;
  for (const uint64_t words_before : {1, 2}) {
    constexpr uint64_t kFlags = 7;
    const uint64_t size = before[2 - words_before] & ~kFlags;
    if (size >= 4 * kWord && size % (2 * kWord) == 0 && size <= kReach)
      return size - words_before * kWord;
  }
  return 0;
}

/// A pointer to an object that may have pointers to the data.
struct Hop {
  NearPointer pointer;
  uint64_t next_word = 0;  ///< behind it: std::vector keeps its end there
};

class NearPointerSearch {
 public:
  NearPointerSearch(pid_t pid, const Capture& capture, uint64_t address)
      : pid_(pid), capture_(capture), address_(address) {
    for (size_t at = 0; at + kWord <= capture.bytes.size(); at += kWord)
      std::memcpy(&stack_.emplace_back(), capture.bytes.data() + at, kWord);
  }

  /// Of a pointer in a register only its block is of interest: it has no address.
  void look_at_registers() {
    for (size_t i = 0; i < kRip; ++i) {
      const uint64_t value = capture_.registers[i];
      const uint64_t heap_bytes = is_behind(value) ? heap_bytes_from(pid_, value) : 0;
      if (heap_bytes > 0) found_.push_back({0, value, heap_bytes});
    }
  }

  void look_at_stack() { look_at(capture_.stack_start, stack_); }

  /// Also finds out which pointers lead on.
  void look_at_objects() {
    uint64_t seen_to = 0;  // they may overlap
    for (const uint64_t object : object_addresses()) {
      const uint64_t from = std::max(object, seen_to);
      if (from >= object + kObjectBytes) continue;
      const std::vector<uint64_t> words = read_words(pid_, from, object + kObjectBytes - from);
      look_at(from, words);
      note_hops(from, words);
      seen_to = object + kObjectBytes;
    }
  }

  /// The last mapping of a file has its variables.
  void look_at_globals(const Recording& recording, const std::set<ModuleId>& modules) {
    uint64_t left = kGlobalBytes;
    for (size_t i = 0; i < recording.mappings.size(); ++i) {
      const Mapping& mapping = recording.mappings[i];
      const bool is_last =
          i + 1 == recording.mappings.size() || recording.mappings[i + 1].module != mapping.module;
      if (!is_last || mapping.is_executable || !modules.contains(mapping.module)) continue;
      const uint64_t size = std::min(left, (mapping.end - mapping.start) / kWord * kWord);
      const std::vector<uint64_t> words = read_words(pid_, mapping.start, size);
      look_at(mapping.start, words);
      note_hops(mapping.start, words);
      left -= size;
    }
  }

  /// Objects that belong to those objects: the pool of a server, with its lock.
  void look_behind_objects() {
    const auto object = [](const Hop& hop) { return hop.pointer.value; };
    std::ranges::sort(hops_, {}, object);
    const auto same = std::ranges::unique(hops_, {}, object);
    hops_.erase(same.begin(), same.end());
    std::vector<std::array<uint64_t, kObjectWords>> words(hops_.size());
    for (const size_t i : read_objects(words)) {
      const auto may_be_record = [&](uint64_t word) {
        return is_behind(word) && address_ - word <= kRecordReach;
      };
      if (std::ranges::none_of(words[i], may_be_record)) continue;
      const auto& [pointer, next_word] = hops_[i];
      found_.push_back(pointer);
      found_.push_back({pointer.address + kWord, next_word, 0});
      look_at(pointer.value, words[i]);
    }
  }

  std::vector<NearPointer> take() {
    const auto key = [](const NearPointer& one) { return std::tuple(one.address, one.value); };
    std::ranges::sort(found_, {}, key);
    const auto same = std::ranges::unique(found_, {}, key);
    found_.erase(same.begin(), same.end());
    return std::move(found_);
  }

 private:
  bool is_behind(uint64_t value) const { return value <= address_ && address_ - value <= kReach; }

  bool is_near(uint64_t value) const {
    return is_behind(value) || (value > address_ && value - address_ <= kReach);
  }

  void look_at(uint64_t start, std::span<const uint64_t> words) {
    for (size_t i = 0; i < words.size() && found_.size() < kMaxPointers; ++i)
      if (is_near(words[i]))
        found_.push_back({start + i * kWord, words[i],
                          is_behind(words[i]) ? heap_bytes_from(pid_, words[i]) : 0});
  }

  void note_hops(uint64_t start, std::span<const uint64_t> words) {
    for (size_t i = 0; i < words.size() && hops_.size() < kMaxHops; ++i)
      if (may_be_object(words[i]))
        hops_.push_back(
            {{start + i * kWord, words[i], 0}, i + 1 < words.size() ? words[i + 1] : 0});
  }

  /// Of what hops_ point at, with one call for many. Returns which could be read.
  std::vector<size_t> read_objects(std::span<std::array<uint64_t, kObjectWords>> words) {
    std::vector<iovec> remote;
    for (const Hop& hop : hops_) remote.push_back(remote_bytes(hop.pointer.value, kObjectBytes));
    std::vector<size_t> read;
    for (size_t next = 0; next < remote.size(); ++next) {  // beyond what cannot be read
      const size_t count = remote.size() - next;
      const iovec local{words[next].data(), count * kObjectBytes};
      const ssize_t bytes = process_vm_readv(pid_, &local, 1, &remote[next], count, 0);
      if (bytes < 0 && errno != EFAULT) break;
      const size_t whole = bytes < 0 ? 0 : static_cast<size_t>(bytes) / kObjectBytes;
      for (size_t i = 0; i < whole; ++i) read.push_back(next++);
    }
    return read;
  }

  bool may_be_object(uint64_t address) const {
    return address >= kPageBytes && address <= kEndOfUserSpace - kObjectBytes &&
           address % kWord == 0 && !is_on_stack(address);
  }

  bool is_on_stack(uint64_t address) const {
    return address >= capture_.stack_start &&
           address < capture_.stack_start + capture_.bytes.size();
  }

  /// Where objects may begin that the thread was at work on.
  std::vector<uint64_t> object_addresses() const {
    std::vector<uint64_t> addresses(capture_.registers.begin(), capture_.registers.begin() + kRip);
    const uint64_t top = (capture_.registers[kRsp] - capture_.stack_start) / kWord;
    for (size_t i = top; i < std::min(stack_.size(), top + kStackWords); ++i)
      addresses.push_back(stack_[i]);
    std::erase_if(addresses, [&](uint64_t address) { return !may_be_object(address); });
    std::ranges::sort(addresses);
    return addresses;
  }

  pid_t pid_;
  const Capture& capture_;
  uint64_t address_;
  std::vector<uint64_t> stack_;
  std::vector<NearPointer> found_;
  std::vector<Hop> hops_;
};

void add_module_at(const Recording& recording, uint64_t address, std::set<ModuleId>& modules) {
  for (const Mapping& mapping : recording.mappings)
    if (address >= mapping.start && address < mapping.end) modules.insert(mapping.module);
}

/// Of the code on the stack of the exemplar.
std::set<ModuleId> modules_of(const Exemplar& exemplar, const Recording& recording) {
  std::set<ModuleId> modules;
  add_module_at(recording, exemplar.capture.registers[kRip], modules);
  if (exemplar.stack.value >= recording.stacks.size()) return modules;
  FrameId frame = recording.stacks[exemplar.stack.value].innermost;
  for (; frame.value < recording.frames.size(); frame = recording.frames[frame.value].caller)
    add_module_at(recording, recording.frames[frame.value].pc, modules);
  return modules;
}

}  // namespace

std::vector<NearPointer> read_near_pointers(pid_t pid, const Exemplar& exemplar,
                                            const Recording& recording) {
  NearPointerSearch search(pid, exemplar.capture, exemplar.address);
  search.look_at_registers();
  search.look_at_objects();
  search.look_at_stack();
  search.look_at_globals(recording, modules_of(exemplar, recording));
  search.look_behind_objects();
  return search.take();
}

}  // namespace quarrel
