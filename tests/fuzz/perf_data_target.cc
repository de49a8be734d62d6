// Does any sequence of bytes, taken for a perf.data file, end in an Error or a sound recording?
#include <cstdint>
#include <span>

#include "import/import.h"

namespace {

using quarrel::Recording;

bool is_sound(const Recording& recording) {
  for (const auto& coverage : recording.coverage)
    if (!quarrel::coverage_holds(coverage)) return false;
  for (const auto& sample : recording.memory_samples) {
    if (sample.thread.value >= recording.threads.size()) return false;
    if (sample.stack.is_valid() && sample.stack.value >= recording.stacks.size()) return false;
  }
  uint64_t last_end = 0;
  for (const auto& mapping : recording.mappings) {
    if (mapping.start < last_end || mapping.end < mapping.start) return false;
    if (mapping.module.value >= recording.modules.size()) return false;
    last_end = mapping.end;
  }
  for (size_t i = 0; i < recording.frames.size(); ++i)
    if (recording.frames[i].caller.is_valid() && recording.frames[i].caller.value >= i)
      return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = quarrel::perf_input_of(std::span(data, size));
  const auto recording = quarrel::import_perf_data(*input);
  if (recording.ok() && !is_sound(*recording)) __builtin_trap();
  return 0;
}
