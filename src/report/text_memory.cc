// How does a terminal show cache lines as the processor saw them?
#include "report/text_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/memory_table.h"
#include "report/text_layout.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr size_t kMaxShown = 20;

}  // namespace

std::string render_text_memory(const Diagnosis& diagnosis) {
  if (!diagnosis.memory) return "";
  const MemoryTraffic& memory = *diagnosis.memory;
  std::vector<TextTable::Column> columns = {{"line", TextTable::Kind::kFunction}};
  for (const char* title : kMemoryColumns) columns.push_back({title, true});
  TextTable table(columns);
  const size_t shown = std::min(kMaxShown, memory.listed.size());
  for (size_t i = 0; i < shown; ++i) {
    std::vector<std::string> row = memory_cells(memory.listed[i]);
    row.insert(row.begin(), memory.listed[i].name);
    table.add(row);
  }
  std::string text = "\nCache lines as the processor saw them\n" + table.render(2);
  if (memory.lines > shown)
    text += fmt::format("  {} more lines; --json lists {}\n", format_count(memory.lines - shown),
                        format_count(memory.listed.size()));
  return text + wrap(kMemoryNote, 2, 2);
}

}  // namespace quarrel
