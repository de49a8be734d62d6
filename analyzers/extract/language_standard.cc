// Which language does a translation unit speak?
#include "extract/language_standard.h"

#include <string_view>
#include <utility>

namespace quarrel {
namespace {

/// Drafts were named before their year was known; C has its amendments.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"c++98", "c++03"}, {"c++0x", "c++11"}, {"c++1y", "c++14"}, {"c++1z", "c++17"},
    {"c++2a", "c++20"}, {"c++2b", "c++23"}, {"c++2c", "c++26"}, {"c90", "c89"},
    {"c9x", "c99"},     {"c1x", "c11"},     {"c18", "c17"},     {"c2x", "c23"},
};

bool is_cpp(const std::vector<std::string>& arguments, const std::string& file) {
  for (size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == "-x") return arguments[i + 1].find("c++") != std::string::npos;
  for (const std::string& argument : arguments)
    if (argument.starts_with("-x") && argument.size() > 2)
      return argument.find("c++") != std::string::npos;
  // clang++ compiles .c files as C++ too.
  const bool is_c_name = file.ends_with(".c") || file.ends_with(".h");
  return !is_c_name || (!arguments.empty() && arguments[0].ends_with("++"));
}

std::string canonical_name(std::string name) {
  if (name.starts_with("gnu")) name.replace(0, 3, "c");
  for (const auto& [alias, standard] : kAliases)
    if (name == alias) return std::string(standard);
  return name;
}

/// Two digits of the year sort as the standards do, 98 and 03 aside.
bool is_at_least_cpp17(const std::string& name) {
  return name.starts_with("c++") && name >= "c++17" && name < "c++9";
}

}  // namespace

LanguageStandard language_standard_of(const std::vector<std::string>& arguments,
                                      const std::string& file) {
  LanguageStandard standard{.name = is_cpp(arguments, file) ? "c++17" : "c17"};
  for (const std::string& argument : arguments) {
    const bool is_short = argument.starts_with("-std=");
    const bool is_long = argument.starts_with("--std=");
    if (is_short || is_long) standard.name = canonical_name(argument.substr(is_short ? 5 : 6));
  }
  standard.has_aligned_new = is_at_least_cpp17(standard.name);
  for (const std::string& argument : arguments) {
    if (argument == "-faligned-allocation" || argument.starts_with("-faligned-new"))
      standard.has_aligned_new = true;
    if (argument == "-fno-aligned-allocation" || argument == "-fno-aligned-new")
      standard.has_aligned_new = false;
  }
  return standard;
}

}  // namespace quarrel
