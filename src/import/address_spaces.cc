// Which process, and which place of the recording, does an address of a sample belong to?
#include "import/address_spaces.h"

#include <algorithm>

#include "model/address_space.h"

namespace quarrel {
namespace {

constexpr size_t kMaxProcesses = 100'000;
constexpr uint64_t kMaxRegions = 2'000'000;
constexpr size_t kMaxRangesPerFile = 1024;

/// Cuts [start, end) out of the regions.
void clear_range(std::map<uint64_t, Region>& regions, uint64_t start, uint64_t end) {
  auto at = regions.lower_bound(start);
  if (at != regions.begin() && std::prev(at)->second.end > start) --at;
  while (at != regions.end() && at->first < end) {
    const uint64_t old_start = at->first;
    const Region old = at->second;
    at = regions.erase(at);
    if (old_start < start) {
      Region front = old;
      front.end = start;
      regions.emplace(old_start, front);
    }
    if (old.end > end) {
      Region back = old;
      back.file_offset += end - old_start;
      regions.emplace(end, back);
    }
  }
}

const std::pair<const uint64_t, Region>* region_at(const AddressSpace& space, uint64_t address) {
  auto at = space.regions.upper_bound(address);
  if (at == space.regions.begin()) return nullptr;
  --at;
  return address < at->second.end ? &*at : nullptr;
}

bool is_known(const FileIdentity& file) {
  return file.inode != 0 || file.build_id != 0;
}

}  // namespace

AddressSpace& AddressSpaces::space_of(uint32_t pid) {
  const auto known = current_.find(pid);
  if (known != current_.end()) return spaces_[known->second];
  // Of absurdly many processes the last one stands for the rest; samples of it get no number.
  if (spaces_.size() < kMaxProcesses) spaces_.push_back({.pid = pid});
  current_.emplace(pid, spaces_.size() - 1);
  return spaces_.back();
}

void AddressSpaces::apply(const CommRecord& comm) {
  AddressSpace& space = space_of(comm.pid);
  if (!comm.is_exec) {
    if (comm.pid == comm.tid) space.name = comm.name;
    return;
  }
  if (space.number) current_.erase(comm.pid);
  AddressSpace& fresh = space_of(comm.pid);
  fresh.regions.clear();
  fresh.name = comm.name;
}

void AddressSpaces::apply(const ForkRecord& fork) {
  if (fork.pid == fork.parent_pid) return;  // a thread
  current_.erase(fork.pid);
  space_of(fork.parent_pid);
  AddressSpace& child = space_of(fork.pid);
  const AddressSpace& parent = space_of(fork.parent_pid);
  if (&child == &parent) return;
  child.name = parent.name;
  regions_ += parent.regions.size();
  if (fork.has_parent_mappings && regions_ < kMaxRegions) child.regions = parent.regions;
}

void AddressSpaces::apply(const MapRecord& map) {
  if (map.start >= kSpaceBytes || map.size > kSpaceBytes - map.start || map.size == 0) return;
  if (++regions_ > kMaxRegions) return;
  AddressSpace& space = space_of(map.pid);
  clear_range(space.regions, map.start, map.start + map.size);
  space.regions[map.start] = {map.start + map.size, map.file_offset,  map.path, map.file,
                              map.is_shared,        map.is_executable};
}

std::optional<uint32_t> AddressSpaces::number_of(uint32_t pid) {
  AddressSpace& space = space_of(pid);
  if (space.pid != pid) return std::nullopt;
  if (space.number) return space.number;
  if (pid == main_pid_ && !is_main_numbered_) {
    is_main_numbered_ = true;
    space.number = 0;
  } else if (next_number_ < kMaxSpaces) {
    space.number = next_number_++;
  }
  return space.number;
}

std::optional<uint64_t> AddressSpaces::place_code(uint32_t pid, uint64_t address) {
  if (address >= kSpaceBytes) return std::nullopt;
  const auto number = number_of(pid);
  return number ? std::optional(in_space(address, *number)) : std::nullopt;
}

std::optional<uint64_t> AddressSpaces::place_data(uint32_t pid, uint64_t address) {
  const auto place = place_code(pid, address);
  if (!place) return place;
  const auto* region = region_at(space_of(pid), address);
  if (region == nullptr || !region->second.is_shared || !is_known(region->second.file))
    return place;
  const auto& [start, range] = *region;
  const uint64_t offset = range.file_offset + (address - start);
  std::vector<SharedRange>& ranges = shared_[range.file];
  for (const SharedRange& known : ranges)
    if (offset - known.file_offset < known.size) return known.place + (offset - known.file_offset);
  if (ranges.size() < kMaxRangesPerFile)
    ranges.push_back({range.file_offset, range.end - start, *place - (address - start)});
  return place;
}

std::vector<const AddressSpace*> AddressSpaces::numbered() const {
  std::vector<const AddressSpace*> spaces;
  for (const AddressSpace& space : spaces_)
    if (space.number) spaces.push_back(&space);
  std::sort(spaces.begin(), spaces.end(),
            [](const auto* a, const auto* b) { return *a->number < *b->number; });
  return spaces;
}

}  // namespace quarrel
