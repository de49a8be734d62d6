// How do the records of a binary lie in memory and on cache lines?
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "commands/command.h"
#include "commands/rendering.h"
#include "pipeline.h"
#include "report/record_layout.h"
#include "report/text_layout.h"

namespace quarrel {
namespace {

constexpr size_t kMaxListed = 20;
constexpr size_t kMaxShown = 8;  // records of one name that are printed whole

struct LayoutOptions {
  std::string binary;
  std::string type;
  std::string debug_path = "/usr/lib/debug";
  int64_t line_size = kLineBytes;
  bool json = false;
  bool all = false;
};

LayoutOptions g_options;

constexpr const char* kDetails =
    "Reads C, C++, Rust and Go from DWARF; neither runs the program nor needs its source.\n"
    "Without TYPE: a table of all records, those that hold atomics or locks first.\n"
    "With TYPE: each member with offset, size and type, the holes, the padding, the bounds of\n"
    "cache lines, and which atomics and locks share a line.\n\n"
    "Examples:\n"
    "  quarrel layout build/server                   # what is there, and what is it made of\n"
    "  quarrel layout build/server cache::Shard      # one record; Shard alone will do\n"
    "  quarrel layout build/server 'Queue<Job>' --line-size 128\n"
    "  quarrel layout build/server --json | jq '.records[] | select(.locks > 1) | .name'\n\n"
    "Exit: 0 printed, 2 error (no ELF file, no debug information, no such type), 3 printed, but "
    "the\n"
    "types of some units are in .dwo files that were not found.";

bool print(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

/// Units whose types are in a file that was not found.
size_t warn_of_missing_units(const SourceFacts& facts) {
  size_t missing = 0;
  std::string reason;
  for (const TranslationUnit& unit : facts.units) {
    if (unit.state == UnitState::kComplete) continue;
    ++missing;
    reason = unit.reason;
  }
  if (missing > 0)
    fmt::print(stderr, "quarrel layout: {} of {} units could not be read: {}\n", missing,
               facts.units.size(), reason);
  return missing;
}

int finish(const LayoutBuilder& builder, const std::string& text) {
  const bool is_partial = warn_of_missing_units(builder.facts()) > 0;
  if (!print(text)) return fail("layout", "cannot write to the standard output");
  return is_partial ? kExitPartial : kExitClean;
}

/// What a user can ask for: "struct { ... }" is how Go calls records without a name.
bool has_own_name(const SourceRecord& record) {
  return !record.is_lambda && !record.name.starts_with("struct {") &&
         record.name.find("(unnamed ") == std::string::npos;
}

bool is_listed(const SourceRecord& record) {
  return record.size_bytes > 0 && has_own_name(record) &&
         (g_options.all || !record.is_in_system_header);
}

int list_records(const LayoutBuilder& builder) {
  std::vector<RecordLayout> layouts;
  for (const SourceRecord& record : builder.facts().records)
    if (is_listed(record)) layouts.push_back(builder.layout_of(record));
  if (layouts.empty()) {
    warn_of_missing_units(builder.facts());
    return fail("layout", g_options.binary +
                              " describes no records of its own: its debug information holds line "
                              "tables only (-g1), or is elsewhere; --all lists library records");
  }
  std::stable_sort(layouts.begin(), layouts.end(),
                   [](const RecordLayout& a, const RecordLayout& b) {
                     return std::tuple(a.atomics + a.locks == 0, std::string_view(a.record->name)) <
                            std::tuple(b.atomics + b.locks == 0, std::string_view(b.record->name));
                   });
  return finish(builder, g_options.json ? layout_json(builder, layouts) : layout_table(layouts));
}

std::string name_list(const std::vector<const SourceRecord*>& records) {
  std::string list;
  for (size_t i = 0; i < std::min(records.size(), kMaxListed); ++i)
    list += "\n  " + shorten(records[i]->name, kTextColumns - 2);
  if (records.size() > kMaxListed)
    list += fmt::format("\n  and {} more", records.size() - kMaxListed);
  return list;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

int report_unknown(const LayoutBuilder& builder) {
  std::vector<const SourceRecord*> near;
  for (const SourceRecord& record : builder.facts().records)
    if (is_listed(record) && lower(record.name).find(lower(g_options.type)) != std::string::npos)
      near.push_back(&record);
  const std::string hint =
      near.empty() ? fmt::format("; 'quarrel layout {}' lists all records", g_options.binary)
                   : "; similar names:" + name_list(near);
  return fail("layout",
              fmt::format("{} has no record '{}'{}", g_options.binary, g_options.type, hint));
}

int show_records(const LayoutBuilder& builder) {
  const std::vector<const SourceRecord*> found = builder.find(g_options.type);
  if (found.empty()) {
    warn_of_missing_units(builder.facts());
    return report_unknown(builder);
  }
  if (found.size() > kMaxShown)
    return fail("layout", fmt::format("{} records are called '{}'; name one of them:{}",
                                      found.size(), g_options.type, name_list(found)));
  std::vector<RecordLayout> layouts;
  for (const SourceRecord* record : found) layouts.push_back(builder.layout_of(*record));
  if (g_options.json) return finish(builder, layout_json(builder, layouts));
  std::string text;
  for (const RecordLayout& layout : layouts)
    text += (text.empty() ? "" : "\n") + layout_text(builder, layout);
  return finish(builder, text);
}

int run(const std::vector<std::string>&) {
  if (g_options.line_size != 64 && g_options.line_size != 128)
    return fail("layout", fmt::format("--line-size takes 64 or 128, not {}", g_options.line_size));
  auto facts = read_layouts(g_options.binary, g_options.debug_path);
  if (!facts) return fail("layout", facts.error().message);
  const LayoutBuilder builder(*facts, static_cast<uint64_t>(g_options.line_size));
  return g_options.type.empty() ? list_records(builder) : show_records(builder);
}

const Registration<Command> kLayout{{
    "layout",
    {.name = "layout",
     .summary = "Show how the records of a binary lie on cache lines, from its debug information",
     .details = kDetails,
     .options =
         {
             {"binary", "BINARY", "a program or shared library with debug information (-g)",
              &g_options.binary, true},
             {"type", "TYPE", "a struct, class or union: its name, or the end of it after '::'",
              &g_options.type},
             {"--json", "", "print JSON instead of text (docs/json.md)", &g_options.json},
             {"--line-size", "BYTES", "64 (default), or 128 where that was measured",
              &g_options.line_size},
             {"--all", "", "list the records of the standard libraries, too", &g_options.all},
             {"--debug-path", "DIR", "look for separate debug files here (default: /usr/lib/debug)",
              &g_options.debug_path},
         }},
    run,
}};

}  // namespace
}  // namespace quarrel
