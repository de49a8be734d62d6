// How is it said that the elements of an array, or small objects of threads, share lines?
#pragma once

#include <string_view>
#include <vector>

#include "checks/element_arrays.h"
#include "model/diagnosis.h"

namespace quarrel {

inline constexpr std::string_view kArrayStrideRule = "array-stride";

/// What is written in one element.
struct ElementUse {
  ByteRange hot;                    ///< from the first to the last written byte
  std::vector<LineMember> members;  ///< written ones, of elements that are records
  std::vector<Use> writes;
  uint32_t points = 0;     ///< see traffic.h
  bool is_atomic = false;  ///< some write is
  LineSharing sharing = LineSharing::kNever;
};

Finding element_finding(const CheckContext& context, const ElementArray& array,
                        const ElementUse& use);

/// Objects of threads that are allocated one by one, and small: the allocator puts those of two
/// threads on one line.
void report_thread_objects(const CheckContext& context, std::vector<Finding>& findings);

}  // namespace quarrel
