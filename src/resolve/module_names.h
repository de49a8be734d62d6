// Which names does one file give to the addresses that lie in it?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/profile.h"
#include "resolve/call_frames.h"
#include "resolve/live_variables.h"
#include "resolve/modules.h"
#include "resolve/resolve.h"

namespace quarrel {

/// What one module has to name.
struct ModuleWork {
  struct Code {
    uint64_t address = 0;  ///< in the ELF file
    uint64_t call_adjustment = 0;
    ResolvedFrame* result = nullptr;
  };
  struct Data {
    uint64_t address = 0;  ///< in the target
    ModuleAddress place;
    bool is_thread_local = false;  ///< then place.address is an offset in the block of its thread
  };
  /// A frame of a captured stack whose variables may point at what is to be named.
  struct LiveFrame {
    size_t exemplar = 0;  ///< index into Recording::exemplars
    size_t depth = 0;
    CallFrame frame;
    ModuleAddress place;
  };
  std::vector<Code> code;
  std::vector<Data> data;
  std::vector<LiveFrame> frames;
};

struct ModuleNames {
  std::vector<ResolvedFrame> code;  ///< parallel to ModuleWork::code
  std::vector<DataObject> data;     ///< parallel to ModuleWork::data; empty without a file
  std::vector<LiveName> live;       ///< sorted by address, the best of each
  std::string unusable;             ///< why the file could not be used; empty if it could
};

/// How much of the file is believed.
enum class NameDepth : uint8_t { kNothing, kSymbols, kDebugInfo };

/// Reads the module's file (unless kNothing) and names all that `work` asks for.
ModuleNames name_module(const Recording& recording, ModuleId module, const ModuleWork& work,
                        const std::vector<uint64_t>& wanted_data, const ResolveOptions& options,
                        NameDepth depth);

/// Calls `read`, which reads what is untrusted, in a process of its own, and once more for symbols
/// only should that one crash, or take more memory or time than it may; `unusable` says so.
/// `keep_going` is asked now and then; once it returns false, everything is "module+0x...".
ModuleNames name_contained(const std::string& path, const ModuleWork& work,
                           const std::function<ModuleNames(NameDepth)>& read,
                           const std::function<bool()>& keep_going);

}  // namespace quarrel
