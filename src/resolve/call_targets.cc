// Which function did a call name, if the code that it reached has no symbol?
#include "resolve/call_targets.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>

#include "model/mapping_at.h"
#include "resolve/imported_functions.h"
#include "resolve/names.h"

namespace quarrel {
namespace {

struct CallingModule {
  std::unique_ptr<CodeImage> image;  // null: cannot be used
  std::optional<ImportedFunctions> imports;
};

class CallTargets {
 public:
  CallTargets(const Recording& recording, const std::string& sysroot)
      : recording_(recording), sysroot_(sysroot) {}

  /// The name in the call before this return address; empty if it has none.
  std::string name_at(uint64_t return_address) {
    const Mapping* mapping = executable_mapping_at(recording_.mappings, return_address - 1);
    if (mapping == nullptr) return {};
    const CallingModule& module = open(mapping->module);
    if (module.image == nullptr) return {};
    const auto address =
        module.image->virtual_address(mapping->file_offset + (return_address - mapping->start));
    return address ? module.imports->called_before(*address) : std::string();
  }

 private:
  const CallingModule& open(ModuleId id) {
    const auto [entry, is_new] = modules_.try_emplace(id);
    CallingModule& calling = entry->second;
    if (!is_new || id.value >= recording_.modules.size()) return calling;
    const Module& module = recording_.modules[id.value];
    if (!module.path.starts_with('/')) return calling;
    calling.image = CodeImage::open(sysroot_ + module.path, module.build_id);
    if (calling.image != nullptr) calling.imports.emplace(*calling.image);
    return calling;
  }

  const Recording& recording_;
  const std::string& sysroot_;
  std::unordered_map<ModuleId, CallingModule> modules_;
};

}  // namespace

void name_called_code(const Recording& recording, const std::string& sysroot,
                      std::vector<ResolvedFrame>& frames) {
  CallTargets targets(recording, sysroot);
  for (size_t i = 0; i < std::min(frames.size(), recording.frames.size()); ++i) {
    if (frames[i].has_symbol || frames[i].locations.empty()) continue;
    const FrameId caller = recording.frames[i].caller;
    if (caller.value >= i || !recording.frames[caller.value].is_return_address) continue;
    const std::string symbol = targets.name_at(recording.frames[caller.value].pc);
    if (symbol.empty()) continue;
    frames[i].locations.back().function = function_name(symbol);
    frames[i].has_symbol = true;
  }
}

}  // namespace quarrel
