// At which offset do the bases of a record lie?
#include "extract/layout_dump.h"

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "extract/names.h"

namespace quarrel {
namespace {

struct DumpedLayout {
  uint64_t size_bits = 0;
  std::vector<uint64_t> base_bytes;  ///< of the non-virtual bases, in order of declaration
  auto operator<=>(const DumpedLayout&) const = default;
};

/// nullopt: two records of that name differ.
using Layouts = std::map<std::string, std::optional<DumpedLayout>, std::less<>>;

/// All numbers of a line such as "  BaseOffsets: [16, 0]>".
std::vector<uint64_t> numbers_in(std::string_view line) {
  std::vector<uint64_t> numbers;
  const char* at = line.data();
  const char* end = at + line.size();
  while (at < end) {
    uint64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error == std::errc()) numbers.push_back(number);
    at = next == at ? at + 1 : next;
  }
  return numbers;
}

std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void remember(Layouts& layouts, const std::string& name, const DumpedLayout& layout) {
  auto [place, is_new] = layouts.try_emplace(name, layout);
  if (!is_new && place->second != layout) place->second.reset();
}

/// A record of the dump: "Type: struct D", blank, "Layout: <...", "  Size:320", ...
Layouts parse_layouts(std::string_view dump) {
  Layouts layouts;
  std::string name;
  DumpedLayout layout;
  while (!dump.empty()) {
    const std::string_view line = next_line(dump);
    if (line.starts_with("Type: ")) {
      name = without_tags(without_paths(std::string(line.substr(6))));
      layout = {};
    } else if (line.starts_with("  Size:")) {
      const std::vector<uint64_t> size = numbers_in(line);
      if (!size.empty()) layout.size_bits = size[0];
    } else if (line.starts_with("  BaseOffsets:")) {
      layout.base_bytes = numbers_in(line);
    } else if (line.starts_with("  FieldOffsets:")) {
      remember(layouts, name, layout);
    }
  }
  return layouts;
}

const DumpedLayout* find_layout(const Layouts& layouts, const SourceRecord& record) {
  auto found = layouts.find(record.name);
  if (found == layouts.end() || !found->second) return nullptr;
  return found->second->size_bits == record.size_bytes * 8 ? &*found->second : nullptr;
}

/// Without an offset from the compiler a single base at the start is the only safe guess, and only
/// if no virtual table pointer can stand before it; so there is none.
bool set_offsets(SourceRecord& record, const DumpedLayout& layout) {
  size_t next = 0;
  for (SourceBase& base : record.bases) {
    if (base.is_virtual) continue;
    if (next >= layout.base_bytes.size()) return false;
    base.offset_bits = layout.base_bytes[next++] * 8;
  }
  return next == layout.base_bytes.size();
}

}  // namespace

void apply_base_offsets(SourceFacts& facts, std::string_view dump) {
  const Layouts layouts = parse_layouts(dump);
  for (SourceRecord& record : facts.records) {
    if (record.bases.empty() || !record.has_layout) continue;
    const DumpedLayout* layout = find_layout(layouts, record);
    if (layout == nullptr || !set_offsets(record, *layout)) record.has_layout = false;
  }
}

}  // namespace quarrel
