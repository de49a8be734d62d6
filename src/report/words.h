// Which words stand for the enums of a diagnosis in every output format?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/diagnosis.h"

namespace quarrel {

/// "S", "T", "C", "H", "V": part of the JSON contract.
std::string_view evidence_letter(Evidence evidence);
/// "harm measured", for people.
std::string_view evidence_words(Evidence evidence);
std::string_view verdict_word(Verdict verdict);
std::string_view level_word(Level level);
std::string_view subject_kind_word(SubjectKind kind);
std::string_view sharing_word(Sharing sharing);
/// "aggressor", "victim", "both", or "".
std::string_view line_side_word(LineSide side);
/// "takes it, waits for it", for people.
std::string_view line_side_words(LineSide side);
std::string_view bound_word(Bound bound);
std::string_view state_word(CollectorState state);

/// "1,204,000"
std::string format_count(uint64_t count);
/// "812", "12.3", "0.04": three significant digits, enough for a ranking.
std::string format_rate(double thread_ms_per_s);
/// A cost with its bound: "512", "<= 812".
std::string format_cost(const Cost& cost);
/// The cost of a finding in a column of costs: where no time is known, what was counted instead:
/// "1,204 HITM".
std::string cost_cell(const Finding& finding);
/// The same with its unit: "<= 812 thread-ms/s".
std::string cost_words(const Finding& finding);
/// "850 ns", "12.3 us", "4.56 ms", "2.30 s"
std::string format_duration(uint64_t ns);
/// "62 %"
std::string format_share(double share);

/// "12 (10 ring buffer full, 2 no memory)", or "0".
std::string format_losses(const Coverage& account);

/// "worker-1 (4712)"
std::string format_thread(std::string_view name, int32_t tid);

/// "src/a.cc:12:3", without what is unknown; "" without a file.
std::string format_place(std::string_view file, uint32_t line, uint32_t column);

}  // namespace quarrel
