// Which parts does the HTML report have?
#pragma once

#include <string>

#include "model/diagnosis.h"

namespace quarrel {

/// Verdict line, tiles, doubts, run facts and data quality: the first screen.
std::string render_html_overview(const Diagnosis& diagnosis);

/// All findings as one table (at most `max_rows`; the rest is counted).
std::string render_html_list(const Diagnosis& diagnosis, size_t max_rows);

/// One finding as <details>; `number` counts from 1 and names its anchor "finding-N".
std::string render_html_finding(const Finding& finding, size_t number, uint32_t line_size,
                                bool is_open);

/// Lines as the processor saw them; "" without memory samples.
std::string render_html_memory(const Diagnosis& diagnosis);

/// Sums over everything, idle waits apart; facts of the run; data quality. Paths are below `root`.
std::string render_html_totals(const Diagnosis& diagnosis, const std::string& root);

/// The verdict as a word in a coloured pill; the word carries the meaning.
std::string html_verdict(Verdict verdict);

}  // namespace quarrel
