// Which frames stand in code that the target made at run time, and how is it called?
#include "resolve/generated_names.h"

#include <algorithm>

#include "resolve/names.h"

namespace quarrel {
namespace {

/// Later entries are nearer: code is made anew where older code was.
const GeneratedCode* code_at(const std::vector<GeneratedCode>& codes, uint64_t pc) {
  const auto found = std::find_if(codes.rbegin(), codes.rend(), [&](const GeneratedCode& code) {
    return pc >= code.address && pc - code.address < code.size;
  });
  return found == codes.rend() ? nullptr : &*found;
}

}  // namespace

void name_generated_code(const Recording& recording, std::vector<ResolvedFrame>& frames) {
  if (recording.generated_code.empty()) return;
  for (size_t i = 0; i < std::min(frames.size(), recording.frames.size()); ++i) {
    if (frames[i].has_symbol) continue;
    const Frame& frame = recording.frames[i];
    const uint64_t pc = frame.pc - (frame.is_return_address ? 1 : 0);
    const GeneratedCode* code = code_at(recording.generated_code, pc);
    if (code == nullptr) continue;
    frames[i].locations = {{"", 0, 0, clean_name(code->name)}};
    frames[i].has_symbol = true;
  }
}

}  // namespace quarrel
