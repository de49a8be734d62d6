# Writes OUTPUT, a C++ file with the text of every page in PAGES (docs/rules/<rule>.md).
# A page begins "# <rule>: <title>", then a blank line, then a one-paragraph summary.
# Its precision, if measured, is the last cell of its row in TABLE (docs/rules.md).
file(READ ${TABLE} table)
set(entries "")
list(SORT PAGES)
foreach(page ${PAGES})
  file(READ ${page} text)
  get_filename_component(name ${page} NAME_WE)
  if(NOT text MATCHES "^# ${name}: ([^\n]+)\n\n(([^\n]+\n)+)")
    message(FATAL_ERROR "${page} must begin with '# ${name}: title', a blank line and a summary")
  endif()
  set(title "${CMAKE_MATCH_1}")
  string(REGEX REPLACE "\n$" "" summary "${CMAKE_MATCH_2}")
  string(REPLACE "\n" " " summary "${summary}")
  set(precision "")
  if(table MATCHES "\n\\| \\[${name}\\][^\n]*\\| (very-high|high|medium|low) \\|\n")
    set(precision "${CMAKE_MATCH_1}")
  endif()
  string(APPEND entries
    "    {\"${name}\",\n     R\"rule(${title})rule\",\n     R\"rule(${summary})rule\",\n"
    "     \"${precision}\",\n     R\"rule(${text})rule\"},\n")
endforeach()
file(WRITE ${OUTPUT}
"// Generated from docs/rules/*.md.
#include \"report/rule_text.h\"

namespace quarrel {
namespace {
constexpr RuleText kRules[] = {
${entries}};
}  // namespace

std::span<const RuleText> all_rule_texts() { return kRules; }

const RuleText* find_rule_text(std::string_view name) {
  for (const RuleText& rule : kRules)
    if (rule.name == name) return &rule;
  return nullptr;
}
}  // namespace quarrel
")
