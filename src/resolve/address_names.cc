// Which names do the files of a recording give to its code and data addresses?
#include "resolve/address_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolve/call_frames.h"
#include "resolve/library_code.h"
#include "resolve/module_names.h"
#include "resolve/thread_locals.h"

namespace quarrel {
namespace {

// Naming one exemplar takes 0.5 to 15 ms; several of one lock seldom say more than the first few.
constexpr size_t kMaxExemplarsPerAddress = 8;

ResolvedFrame unknown_frame(uint64_t pc) {
  ResolvedFrame frame;
  frame.module_offset = pc;
  frame.locations.push_back({});
  frame.locations.back().function = fmt::format("{:#x}", pc);
  return frame;
}

std::string name_of(const Thread& thread) {
  return fmt::format("thread {} ({})", thread.tid, thread.name);
}

class NameSearch {
 public:
  NameSearch(const Recording& recording, const Wanted& wanted, const ResolveOptions& options)
      : recording_(recording),
        wanted_(wanted),
        options_(options),
        files_(recording, options.sysroot, options.live_pid),
        addresses_(recording, files_),
        thread_locals_(recording) {}

  FoundNames run() {
    plan_code();
    plan_data();
    plan_exemplars();
    for (auto& [module, work] : work_) name(module, work);
    for (auto& [address, name] : live_) take_live_name(address, name);
    if (options_.cache != nullptr && !found_.is_cut_short) remember(*options_.cache);
    return std::move(found_);
  }

 private:
  void plan_code() {
    found_.frames.reserve(recording_.frames.size());
    for (const Frame& frame : recording_.frames) found_.frames.push_back(unknown_frame(frame.pc));
    for (size_t i = 0; i < recording_.frames.size(); ++i) {
      const Frame& frame = recording_.frames[i];
      plan_code_address(frame.pc, frame.is_return_address ? 1 : 0, found_.frames[i]);
    }
    for (uint64_t address : wanted_.instructions)
      plan_code_address(
          address, 0,
          found_.instructions.try_emplace(address, unknown_frame(address)).first->second);
  }

  void plan_code_address(uint64_t pc, uint64_t call_adjustment, ResolvedFrame& result) {
    if (options_.cache != nullptr) {
      auto known = options_.cache->code.find({pc, call_adjustment});
      if (known != options_.cache->code.end()) {
        result = known->second;
        return;
      }
    }
    if (auto place = addresses_.find(pc - call_adjustment))
      work_[place->module].code.push_back(
          {place->address + call_adjustment, call_adjustment, &result});
  }

  void plan_data() {
    for (uint64_t address : wanted_.data)
      if (is_settled(address))
        take_settled(address);
      else if (auto place = addresses_.find(address))
        work_[place->module].data.push_back({address, *place});
      else if (auto own = thread_locals_.find(address))
        plan_thread_local(address, *own);
  }

  void plan_thread_local(uint64_t address, const ThreadLocalPlace& place) {
    if (place.module.value >= recording_.modules.size()) return;
    work_[place.module].data.push_back(
        {address, {place.module, place.offset, address - place.offset}, true});
  }

  bool is_settled(uint64_t address) const {
    return options_.cache != nullptr && options_.cache->is_settled(address);
  }

  void take_settled(uint64_t address) {
    const DataObject& object = options_.cache->data.at(address).object;
    if (!object.display.empty()) found_.data[address] = object;
  }

  void plan_exemplars() {
    CallFrameWalker walker(recording_, options_.sysroot, 0);
    std::unordered_map<uint64_t, size_t> per_address;
    for (size_t i = 0; i < recording_.exemplars.size(); ++i) {
      const Exemplar& exemplar = recording_.exemplars[i];
      if (is_settled(exemplar.address)) continue;
      if (++per_address[exemplar.address] > kMaxExemplarsPerAddress) continue;
      const CallFrames walk = walker.walk(exemplar.capture);
      for (size_t depth = 0; depth < walk.frames.size(); ++depth) {
        const CallFrame& frame = walk.frames[depth];
        auto place = addresses_.find(frame.pc - (frame.is_return_address ? 1 : 0));
        // The variables of pthread_mutex_lock only say that there is a mutex.
        if (place && !is_system_module(recording_, place->module))
          work_[place->module].frames.push_back({i, depth, frame, *place});
      }
    }
  }

  // True if there is still time for names.
  bool keep_going(ModuleId module) {
    const double share = static_cast<double>(modules_done_) / static_cast<double>(work_.size());
    const std::string& path = recording_.modules[module.value].path;
    const bool goes_on = !options_.progress || options_.progress(share, path);
    found_.is_cut_short = found_.is_cut_short || !goes_on;
    return !found_.is_cut_short;
  }

  void name(ModuleId module, const ModuleWork& work) {
    auto goes_on = [this, module] { return keep_going(module); };
    auto read = [&](NameDepth depth) {
      return name_module(recording_, module, work, wanted_.data, options_, depth);
    };
    // Without time for debug information the reader still gets "module+0x...".
    ModuleNames names =
        goes_on() ? name_contained(recording_.modules[module.value].path, work, read, goes_on)
                  : read(NameDepth::kNothing);
    take(work, names);
    ++modules_done_;
  }

  void take(const ModuleWork& work, ModuleNames& names) {
    for (size_t i = 0; i < work.code.size(); ++i) *work.code[i].result = std::move(names.code[i]);
    for (size_t i = 0; i < names.data.size(); ++i) {
      if (work.data[i].is_thread_local) say_whose(work.data[i].address, names.data[i]);
      found_.data[work.data[i].address] = std::move(names.data[i]);
    }
    for (LiveName& name : names.live) {
      auto [place, is_new] = live_.try_emplace(name.address, name);
      if (!is_new && is_better_name(name, place->second)) place->second = std::move(name);
    }
    if (!names.unusable.empty()) found_.unusable.push_back(std::move(names.unusable));
  }

  void say_whose(uint64_t address, DataObject& object) const {
    const auto place = thread_locals_.find(address);
    if (!place) return;
    object.thread = place->thread;
    object.how += object.how.empty() ? "thread-local of " : ", thread-local of ";
    object.how += name_of(recording_.threads[place->thread.value]);
    if (place->threads > 1)
      object.how += fmt::format(" and {} more, one after another", place->threads - 1);
  }

  void remember(NameCache& cache) const {
    for (size_t i = 0; i < recording_.frames.size(); ++i) {
      const Frame& frame = recording_.frames[i];
      cache.code.try_emplace({frame.pc, frame.is_return_address ? 1 : 0}, found_.frames[i]);
    }
    for (const auto& [address, frame] : found_.instructions)
      cache.code.try_emplace({address, 0}, frame);
    for (uint64_t address : wanted_.data) {
      NameCache::Data& known = cache.data[address];
      ++known.tries;
      if (auto found = found_.data.find(address); found != found_.data.end())
        known.object = found->second;
    }
  }

  // A global's own name is exact; a pointer to it seen on some stack says less.
  void take_live_name(uint64_t address, const LiveName& name) {
    DataObject& object = found_.data[address];
    if (object.source == NameSource::kGlobalVariable) return;
    const ThreadId thread = object.thread;
    object = name.object;
    object.thread = thread;
  }

  const Recording& recording_;
  const Wanted& wanted_;
  const ResolveOptions& options_;
  ModuleFiles files_;
  AddressMap addresses_;
  ThreadLocals thread_locals_;
  std::map<ModuleId, ModuleWork> work_;
  size_t modules_done_ = 0;
  std::map<uint64_t, LiveName> live_;
  FoundNames found_;
};

}  // namespace

FoundNames find_names(const Recording& recording, const Wanted& wanted,
                      const ResolveOptions& options) {
  return NameSearch(recording, wanted, options).run();
}

}  // namespace quarrel
