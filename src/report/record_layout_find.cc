// Which record does a user mean by the name of a type?
#include <algorithm>

#include "report/record_layout.h"

namespace quarrel {
namespace {

/// "ns::Queue<ns::Job>" -> "ns::Queue", and Go's "main.Ring[int32]" -> "main.Ring".
std::string_view without_arguments(std::string_view name) {
  if (!name.ends_with('>') && !name.ends_with(']')) return name;
  int depth = 0;
  for (size_t at = name.size(); at-- > 0;) {
    if (name[at] == '>' || name[at] == ']') ++depth;
    if ((name[at] == '<' || name[at] == '[') && --depth == 0) return name.substr(0, at);
  }
  return name;
}

/// Is `type` the name, or what stands behind one of its "::", "." or "/"?
bool is_tail(std::string_view name, std::string_view type) {
  if (!name.ends_with(type)) return false;
  const std::string_view before = name.substr(0, name.size() - type.size());
  return before.empty() || before.ends_with("::") || before.ends_with('.') || before.ends_with('/');
}

}  // namespace

std::vector<const SourceRecord*> LayoutBuilder::find(const std::string& type) const {
  std::vector<const SourceRecord*> exact;
  std::vector<const SourceRecord*> similar;
  for (const SourceRecord& each : facts_.records) {
    const bool is_named = each.name == type || facts_.symbols[each.symbol.value] == type;
    if (is_named) exact.push_back(&each);
    if (is_tail(each.name, type) || is_tail(without_arguments(each.name), type))
      similar.push_back(&each);
  }
  std::vector<const SourceRecord*>& found = exact.empty() ? similar : exact;
  std::stable_sort(found.begin(), found.end(),
                   [](const SourceRecord* a, const SourceRecord* b) { return a->name < b->name; });
  return found;
}

}  // namespace quarrel
