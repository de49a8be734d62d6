// How many bytes does the instruction of a memory sample access, and does it write as well?
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/recording.h"
#include "resolve/code_image.h"

namespace quarrel {

struct AccessShape {
  uint32_t size = 0;  ///< bytes
  AccessKind kind = AccessKind::kRead;
};

/// Processors report the address of an access but not its size. It is read from the instruction
/// (x86-64, aarch64), where its file is there.
class AccessSizes {
 public:
  /// `recording` supplies modules and mappings and must outlive the object.
  AccessSizes(const Recording& recording, std::string sysroot)
      : recording_(recording), sysroot_(std::move(sysroot)) {}

  /// The shape of the instruction's operand that can be the access; nullopt: not known.
  std::optional<AccessShape> find(uint64_t instruction, bool is_store);

 private:
  CodeImage* image_of(ModuleId module);
  std::optional<AccessShape> decode(uint64_t instruction, bool is_store);

  const Recording& recording_;
  std::string sysroot_;
  std::unordered_map<ModuleId, std::unique_ptr<CodeImage>> images_;
  std::unordered_map<uint64_t, std::optional<AccessShape>> known_;  ///< stores: bit 63 set
};

}  // namespace quarrel
