// Which language does a translation unit speak?
#pragma once

#include <string>
#include <vector>

namespace quarrel {

struct LanguageStandard {
  std::string name;  ///< "c11", "c++17"; GNU dialects by the standard they extend
  bool has_aligned_new = false;
};

/// From clang's arguments (arguments[0] is the compiler) and the name of the source file; without
/// -std what clang 19 assumes.
LanguageStandard language_standard_of(const std::vector<std::string>& arguments,
                                      const std::string& file);

}  // namespace quarrel
