// What does a rule mean, in the words of docs/rules/<rule>.md?
#pragma once

#include <span>
#include <string_view>

namespace quarrel {

/// The manual page of one rule, embedded at build time from docs/rules/.
struct RuleText {
  std::string_view name;       ///< "false-sharing"
  std::string_view title;      ///< from the heading "# false-sharing: title"
  std::string_view summary;    ///< the first paragraph, one line
  std::string_view precision;  ///< very-high | high | medium | low; "" if it was not measured
  std::string_view markdown;   ///< the whole page
};

/// All rules, sorted by name.
std::span<const RuleText> all_rule_texts();

/// The page of that rule, or nullptr.
const RuleText* find_rule_text(std::string_view name);

}  // namespace quarrel
