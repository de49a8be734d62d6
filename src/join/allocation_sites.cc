// Which calls allocated the memory that a finding is about?
#include "join/allocation_sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "join/stacks.h"
#include "model/heap_block_at.h"
#include "model/mapping_at.h"

namespace quarrel {
namespace {

constexpr size_t kMaxLocations = 5;
constexpr size_t kMaxStacks = 3;

using Place = std::tuple<std::string, uint32_t, std::string>;  // file, line, function

/// All blocks that one line of the user's code allocated.
struct SiteSum {
  AllocationSite site;
  uint64_t uses = 0;
  uint64_t first_ns = 0;
};

Place place_of(const Profile& profile, const HeapBlock& block) {
  const std::vector<Stack>& stacks = profile.recording.stacks;
  if (block.stack.value >= stacks.size()) return {"", 0, "unknown code"};
  const auto frames = frames_of(profile, stacks[block.stack.value].innermost);
  const FindingFrame* user = user_frame(frames);
  if (user == nullptr) return {"", 0, "unknown code"};
  return {user->file, user->line, user->function};
}

void add_block(const Profile& profile, const HeapBlock& block, uint64_t uses, SiteSum& sum) {
  AllocationSite& site = sum.site;
  if (site.blocks == 0 || block.allocated_ns < sum.first_ns) {
    const ThreadName thread = name_thread(profile.recording, block.thread);
    site.tid = thread.tid;
    site.thread = thread.name;
    sum.first_ns = block.allocated_ns;
  }
  ++site.blocks;
  site.bytes = std::max(site.bytes, block.bytes);
  sum.uses += uses;
}

std::string note_of(const AllocationSite& site) {
  if (site.blocks == 1)
    return fmt::format("a block of {} bytes, allocated by {} ({})", site.bytes, site.thread,
                       site.tid);
  return fmt::format("{} blocks of at most {} bytes, the first allocated by {} ({})", site.blocks,
                     site.bytes, site.thread, site.tid);
}

}  // namespace

void AllocationSum::add(uint64_t address, uint64_t time_ns) {
  ++total_;
  if (const HeapBlock* block = heap_block_at(profile_.recording.heap_blocks, address, time_ns))
    ++uses_[block];
}

void AllocationSum::add_line(const LineProfile& line) {
  const Recording& recording = profile_.recording;
  if (recording.heap_blocks.empty()) return;
  std::set<uint64_t> instructions;
  for (const LineAccess& access : line.accesses) instructions.insert(access.instruction);
  const auto is_of_line = [&](const MemoryAccess& access) {
    const bool is_here = access.address - line.address < recording.run.host.line_size;
    return (is_here || line.lines > 1) && instructions.contains(access.instruction);
  };
  for (const uint32_t index : line.charged) {
    if (index >= recording.line_samples.size()) continue;
    const LineSample& sample = recording.line_samples[index];
    const auto access = std::find_if(sample.accesses.begin(), sample.accesses.end(), is_of_line);
    if (access != sample.accesses.end()) add(access->address, sample.time_ns);
  }
}

void AllocationSum::add_waits(const std::vector<uint64_t>& words) {
  const Recording& recording = profile_.recording;
  if (recording.heap_blocks.empty()) return;
  const std::set<uint64_t> wanted(words.begin(), words.end());
  for (const Exemplar& exemplar : recording.exemplars)
    if (wanted.contains(exemplar.address)) add(exemplar.address, exemplar.capture.time_ns);
  for (const LongWait& wait : recording.long_waits)
    if (wanted.contains(wait.address)) add(wait.address, wait.start_ns + wait.wait_ns);
}

void AllocationSum::add_spins(const SpinLock& lock) {
  const Recording& recording = profile_.recording;
  if (recording.heap_blocks.empty()) return;
  for (const uint32_t index : lock.samples)
    if (index < recording.line_samples.size())
      add(lock.address, recording.line_samples[index].time_ns);
}

/// Stacks and shared memory have no name as well, and are not told apart from the heap here.
void AllocationSum::suggest_recording(Finding& finding) const {
  const bool was_asked_for =
      std::ranges::any_of(profile_.recording.coverage,
                          [](const Coverage& row) { return row.collector == "allocations"; });
  const bool is_of_file =
      !finding.subject.address ||
      mapping_at(profile_.recording.mappings, *finding.subject.address) != nullptr;
  if (was_asked_for || is_of_file || finding.verdict == Verdict::kLeave) return;
  finding.reason +=
      "; if this memory is of the heap, `quarrel record --allocations -- COMMAND` tells which call "
      "allocated it";
}

void AllocationSum::describe(Finding& finding, bool is_named) const {
  if (uses_.empty() && !is_named) suggest_recording(finding);
  std::map<Place, SiteSum> sums;
  StackSum stacks(profile_, "allocation");
  for (const auto& [block, uses] : uses_) {
    const Place place = place_of(profile_, *block);
    add_block(profile_, *block, uses, sums[place]);
    stacks.add(block->stack, uses);
  }
  std::vector<SiteSum> order;
  for (auto& [place, sum] : sums) {
    std::tie(sum.site.file, sum.site.line, sum.site.function) = place;
    sum.site.share = static_cast<double>(sum.uses) / static_cast<double>(total_);
    order.push_back(std::move(sum));
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const SiteSum& a, const SiteSum& b) { return a.uses > b.uses; });
  for (const auto& [site, uses, first_ns] : order) {
    if (finding.allocations.size() < kMaxLocations)
      finding.locations.push_back(
          {site.file, site.line, 0, site.function, "allocation", note_of(site)});
    finding.allocations.push_back(site);
  }
  for (FindingStack& stack : stacks.heaviest(kMaxStacks))
    finding.stacks.push_back(std::move(stack));
}

}  // namespace quarrel
