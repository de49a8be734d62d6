// What must the first screen of the HTML report say?
#include <fmt/format.h>

#include <algorithm>

#include "report/html_sections.h"
#include "report/html_text.h"
#include "report/lock_use_table.h"
#include "report/summary.h"
#include "report/words.h"

namespace quarrel {
namespace {

std::string tile(const std::string& number, const std::string& label) {
  return element("li", "", element("b", "", escape_html(number)) + escape_html(label)) + "\n";
}

double upper_cost(const Diagnosis& diagnosis) {
  double sum = 0;
  for (const Finding& finding : diagnosis.findings)
    if (finding.cost.bound == Bound::kUpper) sum += finding.cost.thread_ms_per_s;
  return sum;
}

std::string time_tiles(const Diagnosis& diagnosis) {
  return tile(format_rate(diagnosis.totals.contention_ms_per_s),
              "thread-ms/s waited for locks, exact") +
         tile(format_cost({upper_cost(diagnosis), Bound::kUpper}),
              "thread-ms/s at shared cache lines");
}

std::string memory_tiles(const MemoryCounts& total) {
  return tile(format_count(hitm_count(total)), "loads of lines modified elsewhere (HITM)") +
         tile(format_count(peer_count(total)), "loads answered by a peer cache");
}

std::string render_tiles(const Diagnosis& diagnosis) {
  const auto fixes = std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                   [](const Finding& f) { return f.verdict == Verdict::kFix; });
  std::string tiles =
      tile(fmt::format("{} of {}", fixes, diagnosis.findings.size()), "findings worth a fix");
  if (diagnosis.run.source != "scan") {
    if (!is_of_memory_alone(diagnosis)) tiles += time_tiles(diagnosis);
    if (diagnosis.memory) tiles += memory_tiles(diagnosis.memory->total);
    tiles += tile(format_count(diagnosis.run.threads), "threads seen");
  }
  return element("ul", "class=\"tiles\"", tiles);
}

std::string render_warnings(const Diagnosis& diagnosis) {
  std::string items;
  for (const std::string& warning : data_warnings(diagnosis))
    items += element("li", "", escape_html(warning));
  if (items.empty()) return "";
  return element("div", "class=\"warnings\"",
                 "<strong>Before you trust the numbers</strong>" + element("ul", "", items)) +
         "\n";
}

std::string render_facts(const Diagnosis& diagnosis, const std::string& root) {
  std::string facts;
  for (const RunFact& fact : run_facts(diagnosis.run, root))
    facts += element("dt", "", escape_html(fact.name)) + element("dd", "", escape_html(fact.value));
  return "<h2 id=\"run\">Run</h2>\n" +
         element("div", "class=\"card\"", element("dl", "class=\"facts\"", facts)) + "\n";
}

std::string render_coverage(const Diagnosis& diagnosis) {
  HtmlTable table("Every event is accounted for: seen = attributed + unresolved + lost",
                  {{"Collector"},
                   {"State"},
                   {"Counted"},
                   {"Seen", true},
                   {"Attributed", true},
                   {"Unresolved", true},
                   {"Lost", true},
                   {"Remark"}});
  for (const Coverage& account : diagnosis.coverage) {
    std::string remark = account.reason;
    if (lost_total(account) > 0)
      remark += (remark.empty() ? "lost: " : "; lost: ") + format_losses(account);
    table.add({escape_html(account.collector), std::string(state_word(account.state)),
               escape_html(account.unit), format_count(account.seen),
               format_count(account.attributed), format_count(account.unresolved),
               format_count(lost_total(account)), escape_html(remark)});
  }
  return "<h2 id=\"quality\">Data quality</h2>\n" +
         element("div", "class=\"card\"", table.render()) + "\n";
}

std::string render_lock_uses(const Diagnosis& diagnosis) {
  if (!diagnosis.lock_uses) return "";
  const LockUses& uses = *diagnosis.lock_uses;
  std::vector<HtmlTable::Column> columns;
  for (const LockUseColumn& column : lock_use_columns())
    columns.push_back({column.title, column.is_number});
  HtmlTable table("Contended or not, held longest first; failed: trylocks", std::move(columns));
  for (std::vector<std::string> row : lock_use_rows(uses)) {
    for (std::string& cell : row) cell = escape_html(cell);
    row.front() = "<code>" + row.front() + "</code>";
    table.add(row);
  }
  std::string note = lock_use_note(uses, diagnosis.run.duration_s);
  if (const std::string rest = lock_use_rest(uses); !rest.empty()) note = rest + "; " + note;
  return "<h2 id=\"lock-uses\">Locks in use</h2>\n" +
         element("div", "class=\"card\"",
                 table.render() + element("p", "class=\"soft small\"", escape_html(note))) +
         "\n";
}

std::string list_row_class(size_t number) {
  return fmt::format("data-finding=\"finding-{}\"", number);
}

std::vector<std::string> list_row(const Finding& finding, size_t number, double most) {
  const double cost = finding.cost.thread_ms_per_s;
  return {fmt::format("<a href=\"#finding-{}\">{}</a>", number, number),
          "<code>" + escape_html(finding.subject.name) + "</code>",
          html_verdict(finding.verdict),
          escape_html(cost_cell(finding)),
          html_bar(most > 0 ? cost / most : 0, "cost"),
          fmt::format("{} <span class=\"soft\">{}</span>", evidence_letter(finding.evidence),
                      evidence_words(finding.evidence)),
          escape_html(finding.rule)};
}

std::string rest_note(const Diagnosis& diagnosis, size_t shown) {
  if (shown == diagnosis.findings.size()) return "";
  double rest = 0;
  for (size_t i = shown; i < diagnosis.findings.size(); ++i)
    rest += diagnosis.findings[i].cost.thread_ms_per_s;
  return fmt::format(
      "<p>{} smaller findings are not listed, together {} thread-ms/s. "
      "<code>quarrel report --json</code> has them all.</p>\n",
      format_count(diagnosis.findings.size() - shown), format_rate(rest));
}

}  // namespace

std::string html_verdict(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFix:
      return "<span class=\"badge fix\">fix</span>";
    case Verdict::kMeasureFirst:
      return "<span class=\"badge measure\">measure first</span>";
    case Verdict::kLeave:
      return "<span class=\"badge leave\">leave</span>";
  }
  return "";
}

std::string render_html_overview(const Diagnosis& diagnosis) {
  return "<header>\n<p class=\"brand\">quarrel contention report</p>\n" +
         element("h1", "id=\"verdict\"", escape_html(verdict_line(diagnosis))) + "\n" +
         render_tiles(diagnosis) + render_warnings(diagnosis) + "</header>\n<main>\n";
}

std::string render_html_list(const Diagnosis& diagnosis, size_t max_rows) {
  std::string html = "<h2 id=\"findings\">Findings</h2>\n";
  if (diagnosis.findings.empty()) return html + "<p>Nothing to report.</p>\n";
  HtmlTable table("Cost: thread-milliseconds lost per second of run; \"<=\" marks an upper bound",
                  {{"#"}, {"Subject"}, {"Verdict"}, {"Cost", true}, {""}, {"Evidence"}, {"Rule"}},
                  "id=\"findings-table\"");
  const double most = diagnosis.findings.front().cost.thread_ms_per_s;
  const size_t shown = std::min(max_rows, diagnosis.findings.size());
  for (size_t i = 0; i < shown; ++i)
    table.add(list_row(diagnosis.findings[i], i + 1, most), list_row_class(i + 1));
  return html + element("div", "class=\"card\"", table.render()) + rest_note(diagnosis, shown);
}

std::string render_html_totals(const Diagnosis& diagnosis, const std::string& root) {
  HtmlTable table("Children sum to their parents", {{"What"}, {"thread-ms/s", true}});
  for (const TotalLine& line : total_lines(diagnosis))
    table.add(
        {fmt::format("<span class=\"indent-{}\">{}</span>", line.depth, escape_html(line.name)),
         escape_html(line.value)});
  std::string html;
  if (!table.is_empty())
    html += "<h2 id=\"totals\">Totals</h2>\n" +
            element("div", "class=\"card\"",
                    table.render() + element("p", "class=\"soft small\"",
                                             escape_html(shared_lines_note(diagnosis))));
  return html + render_lock_uses(diagnosis) + render_facts(diagnosis, root) +
         render_coverage(diagnosis);
}

}  // namespace quarrel
