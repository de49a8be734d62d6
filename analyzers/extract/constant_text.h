// Which number is a constant expression, given only its text?
#pragma once

#include <clang-c/Index.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace quarrel {

/// Evaluates what stands in alignas and attributes, whose operands libclang does not give away:
/// literals, macros and constants of the translation unit, and arithmetic on them. Looks for the
/// meaning of a name only when one is asked for.
class ConstantText {
 public:
  explicit ConstantText(CXTranslationUnit unit) : unit_(unit) {}

  /// nullopt: a name that is unknown or defined in several ways, sizeof, or no arithmetic at all.
  std::optional<uint64_t> value_of(std::string_view expression, int depth = 0);

  /// True if hardware_constructive_interference_size stands in `expression` or behind a name in it.
  bool is_constructive(std::string_view expression, int depth = 0);

 private:
  void collect();
  std::optional<uint64_t> value_of_name(std::string_view name, int depth);
  std::optional<uint64_t> value_of_macro(std::string_view name, int depth);
  std::optional<uint64_t> value_of_constant(std::string_view name) const;
  void collect_macros();
  void collect_constants(CXCursor scope);

  CXTranslationUnit unit_;
  std::unordered_map<std::string, std::optional<uint64_t>> names_;
  std::unordered_map<std::string, CXCursor> constants_;
  std::unordered_map<std::string_view, std::vector<std::string_view>> macros_;
  bool has_macros_ = false;
  bool is_collected_ = false;
  bool mentions_constructive_ = false;  ///< in a file that is no system header
};

}  // namespace quarrel
