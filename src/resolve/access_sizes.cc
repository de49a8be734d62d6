// How many bytes does the instruction of a memory sample access, and does it write as well?
#include "resolve/access_sizes.h"

#include "model/mapping_at.h"
#include "resolve/instruction.h"

namespace quarrel {
namespace {

constexpr uint64_t kMaxInstructionBytes = 15;
constexpr uint64_t kStoreKey = uint64_t{1} << 63;  // of no user address

bool can_be(const MemoryOperand& operand, bool is_store) {
  if (operand.is_address_only || operand.is_repeated || operand.size == 0) return false;
  return operand.kind == AccessKind::kReadWrite || (operand.kind == AccessKind::kWrite) == is_store;
}

}  // namespace

CodeImage* AccessSizes::image_of(ModuleId module) {
  const auto [entry, is_new] = images_.try_emplace(module);
  if (is_new && module.value < recording_.modules.size()) {
    const Module& file = recording_.modules[module.value];
    if (file.path.starts_with('/'))
      entry->second = CodeImage::open(sysroot_ + file.path, file.build_id);
  }
  return entry->second.get();
}

std::optional<AccessShape> AccessSizes::decode(uint64_t instruction, bool is_store) {
  const Mapping* mapping = executable_mapping_at(recording_.mappings, instruction);
  CodeImage* image = mapping == nullptr ? nullptr : image_of(mapping->module);
  if (image == nullptr) return std::nullopt;
  const auto address = image->virtual_address(mapping->file_offset + instruction - mapping->start);
  if (!address) return std::nullopt;
  const auto decoded = decode_instruction(image->instruction_set(),
                                          image->read(*address, kMaxInstructionBytes), *address);
  if (!decoded) return std::nullopt;
  for (const MemoryOperand& operand : decoded->memory())
    if (can_be(operand, is_store)) return AccessShape{operand.size, operand.kind};
  return std::nullopt;
}

std::optional<AccessShape> AccessSizes::find(uint64_t instruction, bool is_store) {
  if (instruction >= kStoreKey) return std::nullopt;
  const auto [entry, is_new] = known_.try_emplace(instruction | (is_store ? kStoreKey : 0));
  if (is_new) entry->second = decode(instruction, is_store);
  return entry->second;
}

}  // namespace quarrel
