// Which names does one file give to the addresses that lie in it?
#include "resolve/module_names.h"

#include <sys/sysinfo.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/contained_work.h"
#include "resolve/data_objects.h"
#include "resolve/packed_names.h"
#include "resolve/symbols.h"

namespace quarrel {
namespace {

constexpr std::string_view kVdso = "[vdso]";

// 100 MB of compressed debug information take 520 MB and 4 s; a browser's take ten times that.
constexpr uint64_t kMaxMemoryBytes = uint64_t{8} << 30;
constexpr std::chrono::seconds kMaxCpu{300};

ContainmentLimits limits_of_this_machine() {
  struct sysinfo info{};
  uint64_t memory = sysinfo(&info) == 0 ? uint64_t{info.totalram} * info.mem_unit : 0;
  if (memory == 0) memory = kMaxMemoryBytes;
  return {.memory_bytes = std::min(kMaxMemoryBytes, memory / 2), .cpu = kMaxCpu};
}

class ModuleNaming {
 public:
  ModuleNaming(const Recording& recording, const ModuleWork& work,
               const std::vector<uint64_t>& wanted_data, ModuleSymbols& symbols)
      : recording_(recording), work_(work), wanted_data_(wanted_data), symbols_(symbols) {}

  void name_code(ModuleNames& names) {
    names.code.reserve(work_.code.size());
    for (const ModuleWork::Code& code : work_.code)
      names.code.push_back(symbols_.resolve(code.address, code.call_adjustment));
  }

  void name_data(ModuleNames& names) {
    if (work_.data.empty() && work_.frames.empty()) return;
    TypeTable types(*symbols_.debug_info());
    GlobalObjects globals(symbols_, types);
    for (const ModuleWork::Data& data : work_.data)
      names.data.push_back(data.is_thread_local
                               ? globals.find_thread_local(data.place.address, data.place.bias)
                               : globals.find(data.place.address, data.place.bias));
    for (const ModuleWork::LiveFrame& frame : work_.frames) {
      search_frame(types, frame);
      if (searched_.insert(frame.exemplar).second) search_globals(types, globals, frame);
    }
    for (auto& [address, name] : live_) names.live.push_back(std::move(name));
  }

 private:
  void search_frame(TypeTable& types, const ModuleWork::LiveFrame& entry) {
    const Exemplar& exemplar = recording_.exemplars[entry.exemplar];
    LiveFrame live{exemplar.capture, entry.frame,
                   entry.depth,      entry.frame.pc - entry.place.bias,
                   entry.place.bias, exemplar.pointers};
    for (LiveName& name : live_names(symbols_, types, live, wanted_data_)) offer(name, exemplar);
  }

  /// Elements of what globals of the module point to.
  void search_globals(TypeTable& types, GlobalObjects& globals,
                      const ModuleWork::LiveFrame& entry) {
    const Exemplar& exemplar = recording_.exemplars[entry.exemplar];
    for (const NearPointer& pointer : exemplar.pointers) {
      const auto owner = globals.owner_of(pointer.address - entry.place.bias, entry.place.bias);
      if (!owner) continue;
      for (LiveName& name : element_names(types, *owner, exemplar.pointers, wanted_data_)) {
        name.frame = entry.depth;
        offer(name, exemplar);
      }
    }
  }

  void offer(LiveName& name, const Exemplar& exemplar) {
    name.is_own_capture = name.address == exemplar.address;
    auto [place, is_new] = live_.try_emplace(name.address, name);
    if (!is_new && is_better_name(name, place->second)) place->second = name;
  }

  const Recording& recording_;
  const ModuleWork& work_;
  const std::vector<uint64_t>& wanted_data_;
  ModuleSymbols& symbols_;
  std::map<uint64_t, LiveName> live_;
  std::set<size_t> searched_;  // exemplars, for elements that globals lead to
};

// An answer to another question than the one that was asked is no answer.
bool fits(const ModuleNames& names, const ModuleWork& work) {
  bool has_locations = std::none_of(names.code.begin(), names.code.end(),
                                    [](const auto& frame) { return frame.locations.empty(); });
  return has_locations && names.code.size() == work.code.size() &&
         (names.data.empty() || names.data.size() == work.data.size());
}

}  // namespace

ModuleNames name_module(const Recording& recording, ModuleId module, const ModuleWork& work,
                        const std::vector<uint64_t>& wanted_data, const ResolveOptions& options,
                        NameDepth depth) {
  ModuleNames names;
  ModuleFiles files(recording, options.sysroot, options.live_pid);
  ElfFile* file = depth == NameDepth::kNothing ? nullptr : files.open(module);
  const std::string& path = recording.modules[module.value].path;
  // The vDSO has no file, and its few functions seldom matter.
  if (file == nullptr && depth != NameDepth::kNothing && path != kVdso)
    names.unusable = files.reason(module);
  const DebugPaths paths{options.sysroot, options.debug_path, depth == NameDepth::kDebugInfo};
  ModuleSymbols symbols(module, path, file, paths);
  if (symbols.debug_info() != nullptr && symbols.debug_info()->is_unreadable())
    names.unusable = "the debug information of " + path + " cannot be read";
  ModuleNaming naming(recording, work, wanted_data, symbols);
  naming.name_code(names);
  if (file != nullptr) naming.name_data(names);
  const size_t missing = file != nullptr ? symbols.debug_info()->missing_split_files() : 0;
  if (missing > 0)
    names.unusable = std::to_string(missing) + " of the .dwo files of " + path + " not found";
  return names;
}

ModuleNames name_contained(const std::string& path, const ModuleWork& work,
                           const std::function<ModuleNames(NameDepth)>& read,
                           const std::function<bool()>& keep_going) {
  const ContainmentLimits limits = limits_of_this_machine();
  std::string failure;
  for (NameDepth depth : {NameDepth::kDebugInfo, NameDepth::kSymbols}) {
    ContainedResult result =
        run_contained([&] { return pack_names(read(depth)); }, limits, keep_going);
    if (result.is_cancelled) break;
    auto names = unpack_names(result.bytes);
    if (result.failure.empty() && (!names.ok() || !fits(*names, work)))
      result.failure = "gave no sense";
    if (result.failure.empty()) {
      if (!failure.empty()) names->unusable = failure + "; its names are from the symbol table";
      return std::move(*names);
    }
    failure = "reading the debug information of " + path + " " + result.failure;
  }
  ModuleNames names = read(NameDepth::kNothing);
  names.unusable = failure;
  return names;
}

}  // namespace quarrel
