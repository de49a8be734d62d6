// What does a person read in a terminal?
#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"
#include "report/source_root.h"
#include "report/summary.h"
#include "report/text_finding.h"
#include "report/text_layout.h"
#include "report/text_lock_uses.h"
#include "report/text_memory.h"
#include "report/words.h"

namespace quarrel {
namespace {

constexpr size_t kLabelColumns = 10;

std::string render_facts(const Diagnosis& diagnosis, const std::string& root) {
  std::string text;
  for (const RunFact& fact : run_facts(diagnosis.run, root)) {
    const std::string value = wrap(fact.value, kLabelColumns, kLabelColumns);
    text += fmt::format("{:<{}}", fact.name, kLabelColumns) + value.substr(kLabelColumns);
  }
  return text;
}

std::string render_coverage(const Diagnosis& diagnosis) {
  TextTable table({{"collector"},
                   {"state"},
                   {"counted"},
                   {"seen", true},
                   {"attributed", true},
                   {"unresolved", true},
                   {"lost", true}});
  std::string remarks;
  for (const Coverage& account : diagnosis.coverage) {
    table.add({account.collector, std::string(state_word(account.state)), account.unit,
               format_count(account.seen), format_count(account.attributed),
               format_count(account.unresolved), format_count(lost_total(account))});
    if (!account.reason.empty())
      remarks += wrap(fmt::format("{}: {}", account.collector, account.reason), 2, 4);
    if (lost_total(account) > 0)
      remarks += wrap(fmt::format("{} lost {}", account.collector, format_losses(account)), 2, 4);
  }
  return "\nData quality (seen = attributed + unresolved + lost)\n" + table.render(2) + remarks;
}

std::string render_list(const Diagnosis& diagnosis) {
  if (diagnosis.findings.empty()) return "";
  TextTable table({{"#", true},
                   {"cost", true},
                   {"verdict"},
                   {"evidence"},
                   {"rule"},
                   {"subject", TextTable::Kind::kFunction}});
  for (size_t i = 0; i < diagnosis.findings.size(); ++i) {
    const Finding& finding = diagnosis.findings[i];
    table.add({fmt::format("{}", i + 1), cost_cell(finding),
               std::string(verdict_word(finding.verdict)),
               std::string(evidence_letter(finding.evidence)), finding.rule, finding.subject.name});
  }
  return "\nFindings (cost: thread-ms lost per second of run; <= is an upper bound)\n" +
         table.render(2);
}

std::string render_findings(const Diagnosis& diagnosis, const FormatOptions& options) {
  std::string text;
  const size_t shown = std::min(options.max_findings, diagnosis.findings.size());
  for (size_t i = 0; i < shown; ++i)
    text += "\n" + render_text_finding(diagnosis.findings[i], i + 1, diagnosis.run.line_size,
                                       options.colour);
  if (shown == diagnosis.findings.size()) return text;
  double rest = 0;
  for (size_t i = shown; i < diagnosis.findings.size(); ++i)
    rest += diagnosis.findings[i].cost.thread_ms_per_s;
  return text + fmt::format("\n{} more findings are listed above only; together {} thread-ms/s\n",
                            diagnosis.findings.size() - shown, format_rate(rest));
}

std::string render_totals(const Diagnosis& diagnosis) {
  TextTable table({{"total"}, {"thread-ms/s", true}});
  for (const TotalLine& line : total_lines(diagnosis))
    table.add({std::string(line.depth * 2, ' ') + line.name, line.value});
  if (table.is_empty()) return "";
  return "\nTotals\n" + table.render(2) + wrap(shared_lines_note(diagnosis), 2, 2);
}

std::string render_text(const Diagnosis& whole, const FormatOptions& options) {
  const std::string root = source_root(whole);
  const Diagnosis diagnosis = relative_to(root, whole);
  std::string text = wrap("quarrel: " + verdict_line(diagnosis), 0, 2);
  for (const std::string& warning : data_warnings(diagnosis)) text += wrap("! " + warning, 2, 4);
  text += "\n" + render_facts(diagnosis, root) + render_coverage(diagnosis) +
          render_list(diagnosis) + render_findings(diagnosis, options) +
          render_text_lock_uses(diagnosis) + render_text_memory(diagnosis) +
          render_totals(diagnosis);
  return text;
}

const Registration<Format> kText{{"text", "for a terminal, 100 columns", render_text}};

}  // namespace
}  // namespace quarrel
