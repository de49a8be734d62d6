// Does any sequence of bytes, taken for a module of the target, end in names of its code and data?
#include <cstdint>
#include <vector>

#include "memory_file.h"
#include "resolve/module_names.h"

namespace {

using namespace quarrel;

constexpr uint64_t kBase = 0x10000000;
constexpr uint64_t kBytes = 0x6000;
constexpr uint64_t kStep = 104;

/// The whole file is mapped, once as code.
Recording recording_of(const std::string& path) {
  Recording recording;
  recording.modules.push_back({path, ""});
  recording.mappings.push_back({kBase, kBase + kBytes, 0, ModuleId{0}, true});
  for (uint64_t at = kBase; at < kBase + kBytes; at += kStep) {
    Exemplar exemplar{at, {}, {}, {{at, at + kStep, 64}}};
    exemplar.capture.stack_start = kBase;
    exemplar.capture.bytes.assign(512, 0x10);
    exemplar.capture.registers.fill(kBase + 0x100);
    exemplar.capture.registers[kRip] = at;
    recording.exemplars.push_back(exemplar);
  }
  return recording;
}

ModuleWork work_of(const Recording& recording) {
  ModuleWork work;
  ModuleFiles files(recording, "", 0);
  const AddressMap addresses(recording, files);
  CallFrameWalker walker(recording, "", 0);
  for (size_t i = 0; i < recording.exemplars.size(); ++i) {
    const Exemplar& exemplar = recording.exemplars[i];
    const auto place = addresses.find(exemplar.address);
    if (!place) continue;
    work.code.push_back({place->address, i % 2, nullptr});
    work.data.push_back({exemplar.address, *place, i % 2 == 1});
    for (const CallFrame& frame : walker.walk(exemplar.capture).frames)
      if (const auto code = addresses.find(frame.pc))
        work.frames.push_back({i, work.frames.size(), frame, *code});
  }
  return work;
}

}  // namespace

// libelf 0.188 loses the buffer of a section whose damaged header makes reading it fail.
extern "C" __attribute__((used)) const char* __lsan_default_suppressions() {
  return "leak:libelf.so";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const MemoryFile file;
  file.replace(data, size);
  const Recording recording = recording_of(file.path());
  const ModuleWork work = work_of(recording);
  std::vector<uint64_t> wanted;
  for (const Exemplar& exemplar : recording.exemplars) wanted.push_back(exemplar.address);
  const ModuleNames names =
      name_module(recording, ModuleId{0}, work, wanted, ResolveOptions{}, NameDepth::kDebugInfo);
  if (names.code.size() != work.code.size()) __builtin_trap();
  for (const ResolvedFrame& frame : names.code)
    if (frame.locations.empty()) __builtin_trap();
  return 0;
}
