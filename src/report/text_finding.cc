// How does one finding read in a terminal?
#include "report/text_finding.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/line_map.h"
#include "report/stack_lines.h"
#include "report/summary.h"
#include "report/text_layout.h"
#include "report/thread_rows.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr size_t kIndent = 3;
constexpr size_t kMaxFramesShown = 8;

std::string paint(std::string_view text, std::string_view code, bool colour) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string_view verdict_colour(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFix:
      return "1;31";
    case Verdict::kMeasureFirst:
      return "1;33";
    case Verdict::kLeave:
      return "2";
  }
  return "0";
}

std::string render_heading(const Finding& finding, size_t number, bool colour) {
  const std::string verdict(verdict_word(finding.verdict));
  const std::string start = fmt::format("{}. [", number);
  const std::string rest = fmt::format("] {}  {}  ", finding.rule, cost_words(finding));
  const size_t room = kTextColumns - start.size() - verdict.size() - rest.size();
  return start + paint(verdict, verdict_colour(finding.verdict), colour) + rest +
         paint(shorten_function(finding.subject.name, room), "1", colour) + "\n";
}

std::string thread_title(const std::string& role) {
  if (role == "waiter") return "who waits";
  if (role == "holder") return "who holds meanwhile";
  if (role == "waker") return "who lets go";
  if (role == "writer") return "who writes";
  if (role == "reader") return "who reads";
  return "who: " + role;
}

std::string render_threads(const Finding& finding) {
  std::string text;
  for (const std::string& role : roles_of(finding.threads)) {
    std::vector<TextTable::Column> columns = {{thread_title(role)}};
    const bool is_time_known = finding.cost.bound != Bound::kUnknown;
    if (is_time_known) columns.push_back({"thread-ms/s", true});
    if (role == "holder") columns.push_back({"and is"});
    const bool is_of_line = finding.subject.kind == SubjectKind::kLine;
    if (is_of_line) columns.push_back({"the line"});
    TextTable table(columns);
    for (const ThreadRow& thread : thread_rows(finding, role)) {
      std::vector<std::string> row = {thread.name};
      if (is_time_known) row.push_back(format_rate(thread.thread_ms_per_s));
      if (role == "holder") row.push_back(thread.activity ? activity_words(*thread.activity) : "");
      if (is_of_line) row.emplace_back(line_side_words(thread.side));
      table.add(row);
    }
    text += table.render(kIndent);
  }
  return text;
}

std::string render_fields(const Finding& finding) {
  TextTable table({{""},
                   {"field", TextTable::Kind::kFunction},
                   {"offset", true},
                   {"bytes", true},
                   {"samples", true}});
  for (size_t i = 0; i < finding.subject.fields.size(); ++i) {
    const SubjectField& field = finding.subject.fields[i];
    table.add({std::string(1, field_letter(i)), field.name, fmt::format("{}", field.offset),
               fmt::format("{}", field.size), format_count(field.samples)});
  }
  return table.is_empty() ? "" : table.render(kIndent);
}

std::string render_line_map(const Finding& finding, uint32_t line_size) {
  const LineMap map = map_line(finding, line_size);
  if (map.rows.empty()) return "";
  std::string text = fmt::format("   Cache line, {} byte{} a column: R reads, W writes, B both\n",
                                 map.cell_bytes, map.cell_bytes == 1 ? "" : "s");
  std::string letters;
  for (int field : map.field_of_cell)
    letters += field < 0 ? '.' : field_letter(static_cast<size_t>(field));
  constexpr size_t kNameColumns = 22;
  text += fmt::format("   {:<{}} |{}|\n", "field", kNameColumns, letters);
  for (const LineMapRow& row : map.rows) {
    std::string cells;
    for (CellUse use : row.cells) cells += cell_letter(use);
    text += fmt::format("   {:<{}} |{}|\n", shorten(format_thread(row.name, row.tid), kNameColumns),
                        kNameColumns, cells);
  }
  return text;
}

std::string render_locations(const Finding& finding) {
  TextTable table({{"role"},
                   {"source", TextTable::Kind::kPath},
                   {"function", TextTable::Kind::kFunction},
                   {"note", TextTable::Kind::kNote}});
  for (const FindingLocation& at : finding.locations)
    table.add({at.role, format_place(at.file, at.line, at.column), at.function, at.note});
  return table.is_empty() ? "" : table.render(kIndent);
}

std::string render_frame(const StackLine& line) {
  const size_t room = kTextColumns - kIndent - 4;
  std::string function = to_ascii(line.function);
  std::string place = to_ascii(line.place);
  if (function.size() + 2 + place.size() > room) {
    place = shorten_path(place, std::min(place.size(), room / 2));
    function = shorten_function(function, room - 2 - place.size());
  }
  if (!place.empty()) function += "  " + place;
  return std::string(kIndent + 4, ' ') + function + "\n";
}

std::string render_stack(const FindingStack& stack) {
  std::string text =
      wrap(fmt::format("Stack of {}s, {} of {}{}{}{}", stack.role, format_share(stack.share),
                       stack.role == "allocation" ? "what was used" : "their time",
                       stack.is_complete ? "" : "; incomplete", stack.note.empty() ? "" : "; ",
                       stack.note),
           kIndent, kIndent + 2);
  for (const StackLine& line : stack_lines(stack, kMaxFramesShown)) text += render_frame(line);
  return text;
}

/// The heaviest stack of each role; the rest is in HTML and JSON.
std::string render_stacks(const Finding& finding) {
  std::string text;
  std::vector<std::string> done;
  for (const FindingStack& stack : finding.stacks) {
    if (std::find(done.begin(), done.end(), stack.role) != done.end()) continue;
    done.push_back(stack.role);
    text += render_stack(stack);
  }
  return text;
}

std::string render_lines(std::string_view block, size_t indent) {
  std::string text;
  size_t at = 0;
  while (at < block.size()) {
    const size_t end = std::min(block.find('\n', at), block.size());
    text += wrap(block.substr(at, end - at), indent, indent + 4);
    at = end + 1;
  }
  return text;
}

std::string render_advice(const Advice& advice) {
  std::string text = advice.refused_because.empty()
                         ? fmt::format("Advice ({}): {}", advice.remedy, advice.summary)
                         : fmt::format("Not {}: {}", advice.remedy, advice.refused_because);
  if (advice.memory_bytes && advice.refused_because.empty())
    text += fmt::format(" [memory: +{} bytes per instance]", format_count(*advice.memory_bytes));
  text = wrap(text, kIndent, kIndent + 2);
  if (!advice.guard.empty())
    text += "   Guard that keeps the fix:\n" + render_lines(advice.guard, 5);
  return text + render_lines(advice.diff, 5);
}

}  // namespace

std::string render_text_finding(const Finding& finding, size_t number, uint32_t line_size,
                                bool colour) {
  std::string text = render_heading(finding, number, colour);
  text += wrap(finding.message, kIndent, kIndent);
  text += wrap(
      fmt::format("Evidence {} ({}). Why {}: {}", evidence_letter(finding.evidence),
                  evidence_words(finding.evidence), verdict_word(finding.verdict), finding.reason),
      kIndent, kIndent);
  if (finding.waits) text += wrap(describe_waits(*finding.waits), kIndent, kIndent + 2);
  for (const std::string& sentence :
       {describe_holders(finding), describe_convoy(finding), describe_chain(finding.chain),
        describe_gain(finding), describe_watched(finding), describe_allocations(finding)})
    if (!sentence.empty()) text += wrap(sentence, kIndent, kIndent + 2);
  std::string advice;
  for (const Advice& one : finding.advice) advice += render_advice(one);
  for (const std::string& block :
       {render_threads(finding), render_line_map(finding, line_size) + render_fields(finding),
        render_locations(finding), render_stacks(finding), advice})
    if (!block.empty()) text += "\n" + block;
  return text + wrap("Fingerprint " + finding.fingerprint, kIndent, kIndent);
}

}  // namespace quarrel
