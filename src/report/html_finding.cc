// How does one finding read in the HTML report?
#include <fmt/format.h>

#include <algorithm>

#include "report/html_line_map.h"
#include "report/html_sections.h"
#include "report/html_text.h"
#include "report/stack_lines.h"
#include "report/summary.h"
#include "report/thread_rows.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr size_t kMaxFramesShown = 8;

std::string paragraph(std::string_view kind, const std::string& html) {
  return element("p", kind.empty() ? "" : fmt::format("class=\"{}\"", kind), html) + "\n";
}

std::string role_title(const std::string& role) {
  if (role == "waiter") return "Who waits";
  if (role == "holder") return "Who holds meanwhile";
  if (role == "waker") return "Who lets go";
  if (role == "writer") return "Who writes";
  if (role == "reader") return "Who reads";
  if (role == "allocation") return "Who allocated it";
  return "Role: " + role;
}

std::string thread_table(const Finding& finding, const std::string& role) {
  const bool is_time_known = finding.cost.bound != Bound::kUnknown;
  std::vector<HtmlTable::Column> columns = {{"Thread"}};
  if (is_time_known) columns.insert(columns.end(), {{"thread-ms/s", true}, {"Share"}});
  if (role == "holder") columns.push_back({"Meanwhile"});
  const bool is_of_line = finding.subject.kind == SubjectKind::kLine;
  if (is_of_line) columns.push_back({"The line"});
  HtmlTable table(role_title(role), columns);
  const std::vector<ThreadRow> rows = thread_rows(finding, role);
  double total = 0;
  for (const ThreadRow& thread : rows) total += thread.thread_ms_per_s;
  for (const ThreadRow& thread : rows) {
    const double share = total > 0 ? thread.thread_ms_per_s / total : 0;
    std::vector<std::string> row = {escape_html(thread.name)};
    if (is_time_known)
      row.insert(row.end(), {format_rate(thread.thread_ms_per_s),
                             html_bar(share, role) + format_share(share)});
    if (role == "holder") row.push_back(thread.activity ? activity_words(*thread.activity) : "");
    if (is_of_line) row.emplace_back(line_side_words(thread.side));
    table.add(row);
  }
  return table.render();
}

std::string render_threads(const Finding& finding) {
  std::string html;
  for (const std::string& role : roles_of(finding.threads)) html += thread_table(finding, role);
  return html.empty() ? "" : "<h3>Threads</h3>\n" + element("div", "class=\"columns\"", html);
}

std::string render_locations(const Finding& finding) {
  HtmlTable table("The first is where the finding stands",
                  {{"Role"}, {"Source"}, {"Function"}, {"Note"}});
  for (const FindingLocation& at : finding.locations)
    table.add({escape_html(at.role),
               "<code>" + escape_html(format_place(at.file, at.line, at.column)) + "</code>",
               "<code>" + escape_html(at.function) + "</code>", escape_html(at.note)});
  return table.is_empty() ? "" : "<h3>Source lines</h3>\n" + table.render();
}

std::string render_frame(const StackLine& line) {
  if (line.place.empty()) return element("li", "class=\"soft\"", escape_html(line.function));
  return element("li", line.is_user ? "class=\"mine\"" : "",
                 "<code>" + escape_html(line.function) + "</code> <span class=\"soft small\">" +
                     escape_html(line.place) + "</span>");
}

std::string render_frames(const std::vector<StackLine>& lines) {
  std::string frames;
  for (const StackLine& line : lines) frames += render_frame(line);
  return element("ul", "class=\"stack\"", frames) + "\n";
}

/// The short form, and behind a click every frame of the heaviest member.
std::string render_stack(const FindingStack& stack) {
  const std::string title =
      fmt::format("{}{}", format_share(stack.share),
                  stack.is_complete ? "" : ", incomplete: the outermost frames are missing");
  const std::vector<StackLine> lines = stack_lines(stack, kMaxFramesShown);
  std::string html = paragraph("small", escape_html(title)) + render_frames(lines);
  if (lines.size() == stack.frames.size()) return html;
  FindingStack whole = stack;
  for (FindingFrame& frame : whole.frames) frame.is_library = false;
  const std::string summary = element("summary", "",
                                      fmt::format("All {} frames{}", stack.frames.size(),
                                                  stack.members > 1 ? " of the heaviest" : ""));
  return html +
         element("details", "class=\"frames small\"",
                 summary + render_frames(stack_lines(whole, stack.frames.size()))) +
         "\n";
}

std::string render_stacks(const Finding& finding) {
  std::string html;
  for (const std::string& role : roles_of(finding.stacks)) {
    std::string column = element("h4", "", escape_html(role_title(role)));
    for (const FindingStack& stack : finding.stacks)
      if (stack.role == role) column += render_stack(stack);
    html += element("div", "", column);
  }
  if (html.empty()) return "";
  return "<h3>Stacks, innermost first</h3>\n" + element("div", "class=\"columns\"", html);
}

std::string render_advice(const Advice& advice) {
  const bool is_refused = !advice.refused_because.empty();
  std::string html =
      is_refused
          ? paragraph("", fmt::format("<strong>Not: {}.</strong> {}", escape_html(advice.remedy),
                                      escape_html(advice.refused_because)))
          : paragraph("", fmt::format("<strong>{}.</strong> {}", escape_html(advice.remedy),
                                      escape_html(advice.summary)));
  if (advice.memory_bytes && !is_refused)
    html += paragraph("small soft", fmt::format("Memory: +{} bytes per instance",
                                                format_count(*advice.memory_bytes)));
  if (!advice.guard.empty())
    html += paragraph("small soft", "Guard that keeps the fix:") +
            element("pre", "", escape_html(advice.guard));
  if (!advice.diff.empty()) html += element("pre", "", escape_html(advice.diff));
  const std::string kind = is_refused ? "refused" : advice.remedy == "leave" ? "leave" : "do";
  return element("div", fmt::format("class=\"advice {}\"", kind), html) + "\n";
}

std::string render_summary(const Finding& finding, size_t number) {
  return element(
      "summary", "",
      element("h3", "",
              fmt::format("{}. <code>{}</code>", number, escape_html(finding.subject.name))) +
          html_verdict(finding.verdict) +
          element("span", "class=\"badge plain\"", escape_html(finding.rule)) +
          element("span", "class=\"badge plain\"",
                  fmt::format("evidence {}: {}", evidence_letter(finding.evidence),
                              evidence_words(finding.evidence))) +
          element("span", "class=\"cost\"", escape_html(cost_words(finding))));
}

}  // namespace

std::string render_html_finding(const Finding& finding, size_t number, uint32_t line_size,
                                bool is_open) {
  std::string html = paragraph("lead", escape_html(finding.message));
  html += paragraph("", fmt::format("<strong>Why {}:</strong> {}", verdict_word(finding.verdict),
                                    escape_html(finding.reason)));
  if (finding.waits) html += paragraph("", escape_html(describe_waits(*finding.waits)));
  for (const std::string& sentence :
       {describe_holders(finding), describe_convoy(finding), describe_chain(finding.chain),
        describe_gain(finding), describe_watched(finding), describe_allocations(finding)})
    if (!sentence.empty()) html += paragraph("", escape_html(sentence));
  if (!finding.advice.empty()) html += "<h3>Advice</h3>\n";
  for (const Advice& advice : finding.advice) html += render_advice(advice);
  html += render_html_line_map(finding, line_size) + render_threads(finding) +
          render_locations(finding) + render_stacks(finding);
  html +=
      paragraph("small soft", "Fingerprint <code>" + escape_html(finding.fingerprint) + "</code>");
  return element(
             "details",
             fmt::format("class=\"finding\" id=\"finding-{}\"{}", number, is_open ? " open" : ""),
             "\n" + render_summary(finding, number) + "\n" +
                 element("div", "class=\"inside\"", "\n" + html)) +
         "\n";
}

}  // namespace quarrel
