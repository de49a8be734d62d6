// Does any sequence of bytes, taken for a file of code, end in instructions that can be followed?
#include <algorithm>
#include <cstdint>

#include "memory_file.h"
#include "resolve/block_sites.h"
#include "resolve/code_image.h"
#include "resolve/control_flow.h"
#include "resolve/imported_functions.h"
#include "resolve/lock_steps.h"
#include "resolve/operand_walk.h"
#include "resolve/spin_loops.h"

namespace {

using namespace quarrel;

constexpr size_t kMaxFunctions = 16;
constexpr uint32_t kMaxInstructions = 64;
constexpr uint64_t kStack = 0x8000;

/// Registers that point into the captured stack, so that loads find something.
Capture some_capture() {
  Capture capture{.stack_start = kStack, .bytes = std::vector<uint8_t>(256, 0x80)};
  capture.registers.fill(kStack + 64);
  return capture;
}

void follow_samples(const DecodedFunction& function) {
  const Capture capture = some_capture();
  RegisterState registers{.known = ~0u};
  registers.values.fill(kStack + 64);
  const auto count = static_cast<uint32_t>(function.instructions().size());
  for (uint32_t index = 0; index < std::min(count, kMaxInstructions); ++index) {
    for (const MemoryAccess& access : walk_operands(function, index, registers, capture, 0))
      if (access.distance > kOperandWindow) __builtin_trap();
    const auto loop = spin_loop_at(function, index);
    if (loop && !function.index_at(loop->polled)) __builtin_trap();
  }
}

void find_sites(const ControlFlow& flow) {
  const LockShape shape{.acquires = true, .releases = true, .may_fail = true, .owner_offset = 8};
  for (const LockSite& site : find_lock_sites(flow, shape).sites)
    if (!flow.function().index_at(site.address)) __builtin_trap();
  for (const BlockSites& found : {find_given_block(flow), find_returned_block(flow, false)})
    for (const BlockSite& site : found.sites)
      if (!flow.function().index_at(site.address)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const MemoryFile file;
  file.replace(data, size);
  const auto image = CodeImage::open(file.path(), "");
  if (image == nullptr) return 0;
  const ImportedFunctions imported(*image);
  const FunctionSource source{*image, {}};
  const size_t count = std::min(image->functions().size(), kMaxFunctions);
  for (const CodeRange& range : std::span(image->functions()).first(count)) {
    (void)imported.called_before(range.end);
    const auto flow = ControlFlow::read(source, range.start);
    if (!flow) continue;
    follow_samples(flow->function());
    if (image->instruction_set() == InstructionSet::kX86_64) find_sites(*flow);
  }
  return 0;
}
