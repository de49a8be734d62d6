// What do editors and CI parsers of clang-tidy output read?
#include <fmt/format.h>

#include "report/format.h"
#include "report/summary.h"
#include "report/text_layout.h"
#include "report/words.h"

namespace quarrel {
namespace {

std::string_view clang_level(Level level) {
  // A bare "note:" without its warning is dropped by every parser of this format; "remark:" is
  // clang's own word for what is no warning.
  return level == Level::kNote ? "remark" : level_word(level);
}

std::string place_of(const FindingLocation& at) {
  return fmt::format("{}:{}:{}", to_ascii(at.file), std::max<uint32_t>(at.line, 1),
                     std::max<uint32_t>(at.column, 1));
}

std::string render_note(const FindingLocation& at) {
  const std::string text = at.note.empty() ? at.role : at.note;
  const std::string function = at.function.empty() ? "" : " (in " + at.function + ")";
  return fmt::format("{}: note: {}: {}{}\n", place_of(at), at.role, to_ascii(text),
                     to_ascii(function));
}

/// A finding of a run may have no source position; it is then attached to the tool itself.
const FindingLocation* first_place(const Finding& finding) {
  for (const FindingLocation& at : finding.locations)
    if (!at.file.empty()) return &at;
  return nullptr;
}

std::string render_finding(const Finding& finding) {
  const FindingLocation* first = first_place(finding);
  const std::string place = first == nullptr ? "quarrel" : place_of(*first);
  std::string text = fmt::format("{}: {}: {} [quarrel-{}]\n", place, clang_level(finding.level),
                                 to_ascii(finding.message), finding.rule);
  for (const FindingLocation& at : finding.locations)
    if (&at != first && !at.file.empty()) text += render_note(at);
  for (const Advice& advice : finding.advice)
    text += fmt::format(
        "{}: note: {} {}: {}\n", place,
        advice.refused_because.empty() ? "remedy" : "not a remedy:", advice.remedy,
        to_ascii(advice.refused_because.empty() ? advice.summary : advice.refused_because));
  return text + fmt::format("{}: note: {}, evidence {}, {}, fingerprint {}\n", place,
                            verdict_word(finding.verdict), evidence_letter(finding.evidence),
                            cost_words(finding), finding.fingerprint);
}

std::string render_account(const Coverage& account) {
  std::string text = fmt::format("{}: {}; {} {} seen = {} attributed + {} unresolved + {} lost",
                                 to_ascii(account.collector), state_word(account.state),
                                 account.seen, to_ascii(account.unit), account.attributed,
                                 account.unresolved, to_ascii(format_losses(account)));
  if (!account.reason.empty()) text += "; " + to_ascii(account.reason);
  return text + "\n";
}

std::string render(const Diagnosis& diagnosis, const FormatOptions&) {
  std::string text;
  for (const Finding& finding : diagnosis.findings) text += render_finding(finding);
  for (const Coverage& account : diagnosis.coverage) text += render_account(account);
  return text + verdict_line(diagnosis) + "\n";
}

const Registration<Format> kClang{{"clang", "as clang-tidy prints, for editors and CI", render}};

}  // namespace
}  // namespace quarrel
