// Which function of another module does a call instruction of a file name?
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "resolve/code_image.h"

namespace quarrel {

/// The functions that a file imports, by the slots of its global offset table. Everything is read
/// through CodeImage, so that a forged file costs bounded time and memory.
class ImportedFunctions {
 public:
  /// `image` must outlive it.
  explicit ImportedFunctions(const CodeImage& image);

  /// The mangled name of the function that the call before `return_address` (in the file) names:
  /// of a call through the procedure linkage table or through the offset table. Empty for others.
  std::string called_before(uint64_t return_address) const;

 private:
  void add_relocations(uint64_t start, uint64_t size);
  std::string symbol_in(uint64_t slot) const;
  uint64_t slot_of_stub(uint64_t stub) const;

  const CodeImage& image_;
  uint64_t symbols_ = 0;
  uint64_t names_ = 0;
  uint64_t names_size_ = 0;
  std::unordered_map<uint64_t, uint32_t> symbol_of_slot_;
};

}  // namespace quarrel
