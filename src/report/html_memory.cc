// How does the HTML report show cache lines as the processor saw them?
#include <fmt/format.h>

#include <algorithm>

#include "report/html_sections.h"
#include "report/html_text.h"
#include "report/memory_table.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr size_t kMaxRows = 200;

}  // namespace

std::string render_html_memory(const Diagnosis& diagnosis) {
  if (!diagnosis.memory) return "";
  const MemoryTraffic& memory = *diagnosis.memory;
  std::vector<HtmlTable::Column> columns = {{"Line"}};
  for (const char* title : kMemoryColumns) columns.push_back({title, true});
  HtmlTable table(kMemoryNote, columns);
  const size_t shown = std::min(kMaxRows, memory.listed.size());
  for (size_t i = 0; i < shown; ++i) {
    std::vector<std::string> row = memory_cells(memory.listed[i]);
    row.insert(row.begin(), "<code>" + escape_html(memory.listed[i].name) + "</code>");
    table.add(row);
  }
  std::string html = "<h2 id=\"memory\">Cache lines as the processor saw them</h2>\n" +
                     element("div", "class=\"card\"", table.render()) + "\n";
  if (memory.lines > shown)
    html +=
        fmt::format("<p>{} more lines are not shown.</p>\n", format_count(memory.lines - shown));
  return html;
}

}  // namespace quarrel
