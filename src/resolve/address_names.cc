// Which names do the files of a recording give to its code and data addresses?
#include "resolve/address_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolve/call_frames.h"
#include "resolve/data_objects.h"
#include "resolve/library_code.h"
#include "resolve/symbols.h"

namespace quarrel {
namespace {

// Naming one exemplar takes 0.5 to 15 ms; several of one lock seldom say more than the first few.
constexpr size_t kMaxExemplarsPerAddress = 8;

struct CodeAddress {
  uint64_t address = 0;  // in the ELF file
  uint64_t call_adjustment = 0;
  ResolvedFrame* result = nullptr;
};

struct DataAddress {
  uint64_t address = 0;  // in the target
  ModuleAddress place;
};

struct ExemplarFrame {
  size_t exemplar = 0;
  size_t depth = 0;
  ModuleAddress place;
};

// What one module has to name.
struct ModuleWork {
  std::vector<CodeAddress> code;
  std::vector<DataAddress> data;
  std::vector<ExemplarFrame> frames;
};

ResolvedFrame unknown_frame(uint64_t pc) {
  ResolvedFrame frame;
  frame.module_offset = pc;
  frame.locations.push_back({});
  frame.locations.back().function = fmt::format("{:#x}", pc);
  return frame;
}

class NameSearch {
 public:
  NameSearch(const Recording& recording, const Wanted& wanted, const ResolveOptions& options)
      : recording_(recording),
        wanted_(wanted),
        options_(options),
        files_(recording, options.sysroot, 0),
        addresses_(recording, files_) {}

  FoundNames run() {
    plan_code();
    plan_data();
    plan_exemplars();
    size_t done = 0;
    for (auto& [module, work] : work_) {
      double share = static_cast<double>(done++) / static_cast<double>(work_.size());
      found_.is_cut_short = found_.is_cut_short || (options_.progress && !options_.progress(share));
      name_module(module, work);
    }
    for (auto& [address, name] : live_) take_live_name(address, name);
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
    if (auto place = addresses_.find(pc - call_adjustment))
      work_[place->module].code.push_back(
          {place->address + call_adjustment, call_adjustment, &result});
  }

  void plan_data() {
    for (uint64_t address : wanted_.data)
      if (auto place = addresses_.find(address))
        work_[place->module].data.push_back({address, *place});
  }

  void plan_exemplars() {
    CallFrameWalker walker(recording_, options_.sysroot, 0);
    std::unordered_map<uint64_t, size_t> per_address;
    walks_.resize(recording_.exemplars.size());
    for (size_t i = 0; i < recording_.exemplars.size(); ++i) {
      const Exemplar& exemplar = recording_.exemplars[i];
      if (++per_address[exemplar.address] > kMaxExemplarsPerAddress) continue;
      walks_[i] = walker.walk(exemplar.capture);
      for (size_t depth = 0; depth < walks_[i].frames.size(); ++depth) {
        const CallFrame& frame = walks_[i].frames[depth];
        auto place = addresses_.find(frame.pc - (frame.is_return_address ? 1 : 0));
        // The variables of pthread_mutex_lock only say that there is a mutex.
        if (place && !is_system_module(recording_, place->module))
          work_[place->module].frames.push_back({i, depth, *place});
      }
    }
  }

  void name_module(ModuleId module, ModuleWork& work) {
    // Without time for debug information the reader still gets "module+0x...".
    ElfFile* file = found_.is_cut_short ? nullptr : files_.open(module);
    const std::string& path = recording_.modules[module.value].path;
    // The vDSO has no file, and its few functions seldom matter.
    if (file == nullptr && !found_.is_cut_short && path != "[vdso]")
      found_.unusable.push_back(files_.reason(module));
    {
      ModuleSymbols symbols(module, path, file, {options_.sysroot, options_.debug_path});
      for (const CodeAddress& code : work.code)
        *code.result = symbols.resolve(code.address, code.call_adjustment);
      if (file != nullptr) name_data(symbols, work);
    }
    files_.close(module);
  }

  void name_data(ModuleSymbols& symbols, const ModuleWork& work) {
    if (work.data.empty() && work.frames.empty()) return;
    TypeTable types(*symbols.debug_info());
    GlobalObjects globals(symbols, types);
    for (const DataAddress& data : work.data)
      found_.data[data.address] = globals.find(data.place.address, data.place.bias);
    for (const ExemplarFrame& frame : work.frames) search_frame(symbols, types, frame);
  }

  void search_frame(ModuleSymbols& symbols, TypeTable& types, const ExemplarFrame& entry) {
    const Exemplar& exemplar = recording_.exemplars[entry.exemplar];
    const CallFrame& frame = walks_[entry.exemplar].frames[entry.depth];
    LiveFrame live{exemplar.capture, frame, entry.depth, frame.pc - entry.place.bias,
                   entry.place.bias};
    for (LiveName& name : live_names(symbols, types, live, wanted_.data)) {
      name.is_own_capture = name.address == exemplar.address;
      auto [place, is_new] = live_.try_emplace(name.address, name);
      if (!is_new && is_better_name(name, place->second)) place->second = name;
    }
  }

  // A global's own name is exact; a pointer to it seen on some stack says less.
  void take_live_name(uint64_t address, const LiveName& name) {
    DataObject& object = found_.data[address];
    if (object.source != NameSource::kGlobalVariable) object = name.object;
  }

  const Recording& recording_;
  const Wanted& wanted_;
  const ResolveOptions& options_;
  ModuleFiles files_;
  AddressMap addresses_;
  std::map<ModuleId, ModuleWork> work_;
  std::vector<CallFrames> walks_;  // parallel to Recording::exemplars
  std::map<uint64_t, LiveName> live_;
  FoundNames found_;
};

}  // namespace

FoundNames find_names(const Recording& recording, const Wanted& wanted,
                      const ResolveOptions& options) {
  return NameSearch(recording, wanted, options).run();
}

}  // namespace quarrel
