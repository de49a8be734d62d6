// Which memory operands did control pass on its way to the sampled instruction?
#pragma once

#include <cstdint>
#include <vector>

#include "model/capture.h"
#include "model/recording.h"
#include "resolve/decoded_function.h"
#include "resolve/effective_address.h"

namespace quarrel {

/// How many instructions back an operand can still explain a sample: samples of a victim that
/// reads land up to 6 instructions behind the load, on the arithmetic that waits for it.
inline constexpr uint8_t kOperandWindow = 8;

/// What a thread runs on tells which memory near its registers is nobody else's. Stacks of
/// goroutines are small, and they and Go's thread descriptors stand on the heap, beside what
/// goroutines share.
enum class StackOwner : uint8_t { kThread, kGoroutine };

/// The operands of the instruction at index `sampled` and of those before it, nearest first, with
/// addresses of the target (`bias`: load address minus address in the image).
///
/// Works backwards over all predecessors, undoing what each instruction did to the registers; then
/// forwards again within each straight piece of code, to recover pointers that were reloaded from
/// the captured part of the stack (unoptimised code does little else). `registers` are those at the
/// sample; of `capture` the stack is used.
std::vector<MemoryAccess> walk_operands(const DecodedFunction& function, uint32_t sampled,
                                        const RegisterState& registers, const Capture& capture,
                                        uint64_t bias, StackOwner owner = StackOwner::kThread);

}  // namespace quarrel
