// Where in the files of a target can probes see blocks of memory being given out and taken back?
#include "resolve/allocation_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "resolve/block_sites.h"
#include "resolve/code_image.h"
#include "resolve/elf_file.h"
#include "resolve/elf_functions.h"

namespace quarrel {
namespace {

struct AllocationFunction {
  std::string_view name;
  bool allocates = true;
  bool frees = false;
  bool ends_with_memset = false;
};

// operator new and all containers call these. posix_memalign shares the inner function of
// aligned_alloc, which has no name of its own in a stripped libc.
constexpr std::array kFunctions{
    AllocationFunction{"malloc"}, AllocationFunction{.name = "calloc", .ends_with_memset = true},
    AllocationFunction{.name = "realloc", .frees = true}, AllocationFunction{"aligned_alloc"},
    AllocationFunction{.name = "free", .allocates = false, .frees = true}};

/// glibc alone has this name, and the layout of blocks that the BPF program expects.
constexpr std::string_view kGlibcName = "__libc_malloc";

class AllocationPlanner {
 public:
  AllocationPlanner(const ElfFile& file, const CodeImage& image, AllocationProbePlan& plan)
      : file_(file),
        plan_(plan),
        functions_(functions_of(file.elf())),
        source_{image, functions_.sizes} {}

  bool has_allocator() const {
    return functions_.contains("malloc") && functions_.contains("free");
  }

  void run() {
    if (!functions_.contains(kGlibcName)) {
      refuse("has an allocator that is not glibc's");
      return;
    }
    for (const AllocationFunction& one : kFunctions) add(one);
    const bool frees_unseen = !is_seen("free") || !is_seen("realloc") || misses_free_;
    if (frees_unseen || !is_seen("malloc"))
      refuse("the kernel emulates no instruction of malloc or free at which the block is known");
  }

 private:
  /// A block whose end may go unseen must not be known at all.
  void refuse(std::string_view why) {
    plan_.probes.clear();
    plan_.functions.clear();
    plan_.refused = {fmt::format("{}: {}; blocks of it are not seen", plan_.path, why)};
  }

  bool is_seen(std::string_view name) const {
    return std::find(plan_.functions.begin(), plan_.functions.end(), name) != plan_.functions.end();
  }

  void add(const AllocationFunction& one) {
    size_t sites = 0;
    for (const uint64_t address : functions_.addresses_of(one.name)) {
      if (one.allocates) sites += add_returned(one, address);
      if (one.frees) sites += add_given(address);
    }
    if (sites > 0)
      plan_.functions.emplace_back(one.name);
    else
      plan_.refused.push_back(fmt::format("{}: all ways through it are not seen", one.name));
  }

  /// The sites of a function and of those that return in its place; how many it has.
  size_t add_returned(const AllocationFunction& one, uint64_t address) {
    const auto [known, is_new] = counts_.try_emplace(address, 0);
    if (!is_new) return known->second;
    const auto flow = ControlFlow::read(source_, address);
    if (!flow) return 0;
    const BlockSites found = find_returned_block(*flow, one.ends_with_memset);
    add_sites(found, AllocationStep::kAllocated);
    if (found.missed > 0)
      plan_.refused.push_back(
          fmt::format("{}: {} ways through it are not seen", one.name, found.missed));
    size_t count = found.sites.size();
    for (const uint64_t callee : found.tail_calls) count += add_returned(one, callee);
    return counts_[address] = count;
  }

  size_t add_given(uint64_t address) {
    const auto flow = ControlFlow::read(source_, address);
    if (!flow) return 0;
    const BlockSites found = find_given_block(*flow);
    misses_free_ |= found.missed > 0;
    add_sites(found, AllocationStep::kFreed);
    return found.sites.size();
  }

  void add_sites(const BlockSites& found, AllocationStep step) {
    for (const BlockSite& site : found.sites)
      if (const auto offset = file_offset_of(file_, site.address))
        plan_.probes.push_back({*offset, step, site.block_register, site.condition});
  }

  const ElfFile& file_;
  AllocationProbePlan& plan_;
  ElfFunctions functions_;
  FunctionSource source_;
  std::map<uint64_t, size_t> counts_;  // by address of a function that allocates
  bool misses_free_ = false;
};

}  // namespace

std::vector<AllocationProbePlan> plan_allocation_probes(const Recording& recording,
                                                        const std::string& sysroot,
                                                        std::set<ModuleId>& seen) {
  std::vector<AllocationProbePlan> plans;
  for (const ModuleId id : modules_with_code(recording)) {
    const Module& module = recording.modules[id.value];
    if (!seen.insert(id).second) continue;
    if (!module.path.starts_with('/')) continue;
    AllocationProbePlan plan{
        .module = id, .path = sysroot + module.path, .probes = {}, .functions = {}, .refused = {}};
    const auto file = ElfFile::open(plan.path);
    if (!file || (!module.build_id.empty() && (*file)->build_id() != module.build_id)) continue;
    const auto image = CodeImage::open(plan.path, module.build_id);
    if (!image) continue;
    AllocationPlanner planner(**file, *image, plan);
    if (!planner.has_allocator()) continue;
    planner.run();
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace quarrel
