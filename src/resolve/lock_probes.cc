// Where in the files of a target can probes see locks being taken and let go of?
#include "resolve/lock_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "resolve/code_image.h"
#include "resolve/elf_file.h"
#include "resolve/elf_functions.h"
#include "resolve/lock_steps.h"

namespace quarrel {
namespace {

// nptl/bits/struct_mutex.h and struct_rwlock.h of glibc on x86-64: __owner and __cur_writer.
constexpr int64_t kMutexOwner = 8;
constexpr int64_t kRwlockWriter = 24;

constexpr LockShape kTakesMutex{.acquires = true, .owner_offset = kMutexOwner};
constexpr LockShape kTriesMutex{.acquires = true, .may_fail = true, .owner_offset = kMutexOwner};
constexpr LockShape kFreesMutex{.releases = true, .owner_offset = kMutexOwner};
constexpr LockShape kTakesRwlock{.acquires = true, .owner_offset = kRwlockWriter};
constexpr LockShape kTriesRwlock{.acquires = true, .may_fail = true, .owner_offset = kRwlockWriter};
constexpr LockShape kFreesRwlock{.releases = true, .owner_offset = kRwlockWriter};

struct LockFunction {
  std::string_view name;
  LockShape shape;
};

constexpr std::array kLockFunctions{LockFunction{"pthread_mutex_lock", kTakesMutex},
                                    LockFunction{"pthread_mutex_trylock", kTriesMutex},
                                    LockFunction{"pthread_mutex_timedlock", kTakesMutex},
                                    LockFunction{"pthread_mutex_clocklock", kTakesMutex},
                                    LockFunction{"pthread_mutex_unlock", kFreesMutex},
                                    LockFunction{"pthread_rwlock_wrlock", kTakesRwlock},
                                    LockFunction{"pthread_rwlock_timedwrlock", kTakesRwlock},
                                    LockFunction{"pthread_rwlock_clockwrlock", kTakesRwlock},
                                    LockFunction{"pthread_rwlock_trywrlock", kTriesRwlock},
                                    LockFunction{"pthread_rwlock_unlock", kFreesRwlock}};

/// The function that takes the mutex back has no name of its own in a stripped libc.
constexpr std::string_view kTakesMutexBack = "pthread_cond_wait";

/// Collects the sites of one file.
class Planner {
 public:
  Planner(const ElfFile& file, const CodeImage& image, LockProbePlan& plan)
      : file_(file),
        plan_(plan),
        functions_(functions_of(file.elf())),
        source_{image, functions_.sizes} {}

  /// Whether the file is one that has lock functions.
  bool has_locks() const {
    return functions_.contains("pthread_mutex_lock") && functions_.contains("pthread_mutex_unlock");
  }

  void run() {
    for (const LockFunction& one : kLockFunctions)
      if (functions_.contains(one.name)) add(one);
    add_taking_back();
    if (is_seen("pthread_mutex_lock") && is_seen("pthread_mutex_unlock")) {
      write_probes();
      return;
    }
    plan_.functions.clear();
    plan_.refused = {fmt::format(
        "{}: the kernel emulates no instruction of pthread_mutex_lock or _unlock at which the "
        "lock is known; single-stepping others would cost 25 us a call",
        plan_.path)};
  }

 private:
  bool is_seen(std::string_view name) const {
    return std::find(plan_.functions.begin(), plan_.functions.end(), name) != plan_.functions.end();
  }

  void add(const LockFunction& one) {
    size_t sites = 0, missed = 0;
    for (const uint64_t address : functions_.addresses_of(one.name))
      sites += add_sites(address, one.shape, missed);
    if (sites > 0) plan_.functions.emplace_back(one.name);
    if (sites == 0 || missed > 0)
      plan_.refused.push_back(
          fmt::format("{}: {} ways through it are not seen", one.name,
                      sites == 0 ? std::string("all") : fmt::format("{}", missed)));
  }

  /// The sites of a function and of those that it hands the lock on to; how many it has.
  size_t add_sites(uint64_t address, const LockShape& shape, size_t& missed) {
    const auto [known, is_new] = counts_.try_emplace({address, shape.acquires}, 0);
    if (!is_new) return known->second;
    const auto flow = ControlFlow::read(source_, address);
    if (!flow) return 0;
    const LockSites found = find_lock_sites(*flow, shape);
    sites_.insert(found.sites.begin(), found.sites.end());
    missed += found.missed;
    size_t count = found.sites.size();
    for (const uint64_t callee : found.tail_calls) count += add_sites(callee, shape, missed);
    return counts_[{address, shape.acquires}] = count;
  }

  /// Of all functions that a condition variable's wait calls, the ones that take a mutex: those
  /// that let go of one are known.
  void add_taking_back() {
    size_t sites = 0, missed = 0;
    for (const uint64_t address : functions_.addresses_of(kTakesMutexBack))
      if (const auto flow = ControlFlow::read(source_, address))
        for (const Instruction& one : flow->instructions())
          if (one.flow == Flow::kCall && one.target != 0 && !counts_.contains({one.target, false}))
            sites += add_sites(one.target, kTakesMutex, missed);
    if (sites > 0)
      plan_.functions.emplace_back(kTakesMutexBack);
    else
      plan_.refused.push_back("mutexes that a condition variable takes back are not seen taken");
  }

  void write_probes() {
    for (const LockSite& site : sites_)
      if (const auto offset = file_offset_of(file_, site.address))
        plan_.probes.push_back({*offset, site.step, site.lock_register, site.condition,
                                site.owner_offset == kRwlockWriter});
  }

  const ElfFile& file_;
  LockProbePlan& plan_;
  ElfFunctions functions_;
  FunctionSource source_;
  std::map<std::pair<uint64_t, bool>, size_t> counts_;  // by function and whether it acquires
  std::set<LockSite> sites_;
};

}  // namespace

std::vector<LockProbePlan> plan_lock_probes(const Recording& recording,
                                            const std::string& sysroot) {
  std::vector<LockProbePlan> plans;
  for (const ModuleId id : modules_with_code(recording)) {
    const Module& module = recording.modules[id.value];
    if (!module.path.starts_with('/')) continue;
    LockProbePlan plan{
        .module = id, .path = sysroot + module.path, .probes = {}, .functions = {}, .refused = {}};
    const auto file = ElfFile::open(plan.path);
    if (!file || (!module.build_id.empty() && (*file)->build_id() != module.build_id)) continue;
    const auto image = CodeImage::open(plan.path, module.build_id);
    if (!image) continue;
    Planner planner(**file, *image, plan);
    if (!planner.has_locks()) continue;
    planner.run();
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace quarrel
