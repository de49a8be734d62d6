// What does a reviewer read in a pull request or a CI step summary?
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "report/format.h"
#include "report/lock_use_table.h"
#include "report/source_root.h"
#include "report/summary.h"
#include "report/words.h"

namespace quarrel {
namespace {

/// A pull request comment holds 65,536 characters.
constexpr size_t kMaxBytes = 60'000;

/// Text that stays text: no markup, no HTML, no cell border, no mention, one line.
std::string escape_markdown(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      escaped += fmt::format("\\\\x{:02x}", byte);
    else if (c == '<' || c == '>' || c == '&' || c == '@')
      escaped += fmt::format("&#{};", byte);
    else if (std::string_view("\\`*_[]|~#").find(c) != std::string_view::npos)
      escaped += fmt::format("\\{}", c);
    else
      escaped += c;
  }
  return escaped;
}

/// A name as code. Nothing is escaped within backticks, so what could end them is replaced.
std::string code_span(std::string_view name) {
  std::string code = "`";
  for (char c : name)
    code += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' ? c : '?';
  return code + "`";
}

std::string render_list(const Diagnosis& diagnosis, size_t shown) {
  if (diagnosis.findings.empty()) return "";
  std::string text =
      "| # | Subject | Verdict | thread-ms/s | Evidence | Rule |\n|--:|---|---|--:|---|---|\n";
  for (size_t i = 0; i < shown; ++i) {
    const Finding& finding = diagnosis.findings[i];
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", i + 1,
                        escape_markdown(finding.subject.name), verdict_word(finding.verdict),
                        escape_markdown(cost_cell(finding)), evidence_letter(finding.evidence),
                        finding.rule);
  }
  return text + "\n";
}

std::string render_finding(const Finding& finding, size_t number) {
  std::string text =
      fmt::format("### {}. {}\n\n{}. *{}*: {}.\n\n", number, escape_markdown(finding.subject.name),
                  escape_markdown(finding.message), verdict_word(finding.verdict),
                  escape_markdown(finding.reason));
  for (const FindingLocation& at : finding.locations)
    text += fmt::format("- {}: {} {}\n", escape_markdown(at.role),
                        escape_markdown(format_place(at.file, at.line, at.column)),
                        escape_markdown(at.note));
  for (const Advice& advice : finding.advice) {
    const bool is_refused = !advice.refused_because.empty();
    text +=
        fmt::format("- **{}{}**: {}\n", is_refused ? "not " : "", escape_markdown(advice.remedy),
                    escape_markdown(is_refused ? advice.refused_because : advice.summary));
  }
  return text + fmt::format("\n<sub>{}</sub>\n\n", finding.fingerprint);
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += " " + cell + " |";
  return row + "\n";
}

std::string render_lock_uses(const Diagnosis& diagnosis) {
  if (!diagnosis.lock_uses) return "";
  std::vector<std::string> titles, rules;
  for (const LockUseColumn& column : lock_use_columns()) {
    titles.push_back(column.title);
    rules.push_back(column.is_number ? "--:" : "---");
  }
  std::string text = "### Locks in use\n\n" + markdown_row(titles) + markdown_row(rules);
  for (std::vector<std::string> row : lock_use_rows(*diagnosis.lock_uses)) {
    for (std::string& cell : row) cell = escape_markdown(cell);
    text += markdown_row(row);
  }
  const std::string rest = lock_use_rest(*diagnosis.lock_uses);
  return text + "\n" + (rest.empty() ? "" : escape_markdown(rest) + "; ") +
         escape_markdown(lock_use_note(*diagnosis.lock_uses, diagnosis.run.duration_s)) + "\n\n";
}

std::string render_coverage(const Diagnosis& diagnosis) {
  std::string text =
      "### Data quality\n\n| Collector | State | Seen | Attributed | Unresolved | Lost | Remark |\n"
      "|---|---|--:|--:|--:|--:|---|\n";
  for (const Coverage& account : diagnosis.coverage)
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", code_span(account.collector),
                        state_word(account.state), format_count(account.seen),
                        format_count(account.attributed), format_count(account.unresolved),
                        escape_markdown(format_losses(account)), escape_markdown(account.reason));
  return text;
}

std::string render(const Diagnosis& whole, const FormatOptions& options) {
  const std::string root = source_root(whole);
  const Diagnosis diagnosis = relative_to(root, whole);
  const size_t shown = std::min(options.max_findings, diagnosis.findings.size());
  std::string text = "## quarrel\n\n" + escape_markdown(verdict_line(diagnosis)) + "\n\n" +
                     render_list(diagnosis, shown);
  if (!root.empty()) text += "Sources below " + escape_markdown(root) + "\n\n";
  const std::string quality = render_lock_uses(diagnosis) + render_coverage(diagnosis);
  size_t detailed = 0;
  while (detailed < shown) {
    std::string one = render_finding(diagnosis.findings[detailed], detailed + 1);
    if (text.size() + one.size() + quality.size() + 200 > kMaxBytes) break;
    text += one;
    ++detailed;
  }
  if (detailed < diagnosis.findings.size())
    text +=
        fmt::format("{} more findings are not detailed here; `quarrel report --json` has all.\n\n",
                    diagnosis.findings.size() - detailed);
  return text + quality;
}

const Registration<Format> kMarkdown{{"markdown", "for pull requests, below 60 KB", render}};

}  // namespace
}  // namespace quarrel
