// How does user space see an array of the kernel without asking for each element?
#pragma once

#include <cstddef>

#include "base/result.h"

struct bpf_map;

namespace quarrel {

/// An array map (BPF_F_MMAPABLE) in memory. The kernel's programs write while it is read.
class MappedArray {
 public:
  MappedArray() = default;
  ~MappedArray();
  MappedArray(const MappedArray&) = delete;
  MappedArray& operator=(const MappedArray&) = delete;

  /// Of a loaded map, whose values must fill multiples of 8 bytes. Errors name the map.
  Result<void> open(const bpf_map* map);

  template <class Value>
  Value* values() const {
    return static_cast<Value*>(memory_);
  }
  size_t count() const { return count_; }

 private:
  void* memory_ = nullptr;
  size_t bytes_ = 0;
  size_t count_ = 0;
};

}  // namespace quarrel
