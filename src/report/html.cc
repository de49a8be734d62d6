// What does a person read in a browser, offline, with or without JavaScript?
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "report/format.h"
#include "report/html_assets.h"
#include "report/html_sections.h"
#include "report/html_text.h"
#include "report/source_root.h"

namespace quarrel {
namespace {

/// Browsers stay quick below this; 1 GB reports that nobody can open have been seen elsewhere.
constexpr size_t kMaxBytes = 5'000'000;
/// Left for the list, the totals and the data quality after the findings.
constexpr size_t kReservedBytes = 500'000;
constexpr size_t kMaxRows = 1000;
constexpr size_t kOpenFindings = 5;

std::string render_details(const Diagnosis& diagnosis, size_t budget) {
  std::string html = diagnosis.findings.empty() ? "" : "<h2 id=\"details\">Details</h2>\n";
  for (size_t i = 0; i < diagnosis.findings.size(); ++i) {
    std::string one = render_html_finding(diagnosis.findings[i], i + 1, diagnosis.run.line_size,
                                          i < kOpenFindings);
    if (html.size() + one.size() > budget)
      return html + fmt::format(
                        "<p>{} further findings are left out to keep this page small; "
                        "<code>quarrel report --json</code> has them all.</p>\n",
                        diagnosis.findings.size() - i);
    html += one;
  }
  return html;
}

std::string render_body(const Diagnosis& whole) {
  const std::string root = source_root(whole);
  const Diagnosis diagnosis = relative_to(root, whole);
  std::string html = render_html_overview(diagnosis) + render_html_list(diagnosis, kMaxRows);
  const size_t used = std::min(html.size() + kReservedBytes, kMaxBytes);
  html += render_details(diagnosis, kMaxBytes - used) + render_html_memory(diagnosis) +
          render_html_totals(diagnosis, root);
  return html + "</main>\n<footer>Written by quarrel " + escape_html(diagnosis.run.tool_version) +
         ". This file loads nothing from the network.</footer>";
}

std::string title_of(const DiagnosedRun& run) {
  return escape_html("quarrel: " +
                     (run.source == "scan" ? std::string("static scan") : run.command));
}

std::string value_of(std::string_view name, const Diagnosis& diagnosis) {
  if (name == "CSP") return content_security_policy(html_style(), html_script());
  if (name == "TITLE") return title_of(diagnosis.run);
  if (name == "STYLE") return std::string(html_style());
  if (name == "SCRIPT") return std::string(html_script());
  CHECK(name == "BODY");
  return render_body(diagnosis);
}

/// Replaces the @NAME@ marks of the page in one pass, so that a name in the data is never a mark.
std::string render(const Diagnosis& diagnosis, const FormatOptions&) {
  std::string_view rest = html_page();
  std::string html;
  for (size_t mark = rest.find('@'); mark != std::string_view::npos; mark = rest.find('@')) {
    const size_t end = rest.find('@', mark + 1);
    CHECK(end != std::string_view::npos);
    html += rest.substr(0, mark);
    html += value_of(rest.substr(mark + 1, end - mark - 1), diagnosis);
    rest.remove_prefix(end + 1);
  }
  return html.append(rest);
}

const Registration<Format> kHtml{{"html", "one self-contained page, no network", render}};

}  // namespace
}  // namespace quarrel
