// Which words stand for the enums of a diagnosis in every output format?
#include "report/words.h"

#include <fmt/format.h>

#include <cmath>

namespace quarrel {

std::string_view evidence_letter(Evidence evidence) {
  switch (evidence) {
    case Evidence::kStatic:
      return "S";
    case Evidence::kTouched:
      return "T";
    case Evidence::kConfirmed:
      return "C";
    case Evidence::kHarm:
      return "H";
    case Evidence::kVerified:
      return "V";
  }
  return "S";
}

std::string_view evidence_words(Evidence evidence) {
  switch (evidence) {
    case Evidence::kStatic:
      return "source only";
    case Evidence::kTouched:
      return "touched by several threads";
    case Evidence::kConfirmed:
      return "confirmed by hardware";
    case Evidence::kHarm:
      return "harm measured";
    case Evidence::kVerified:
      return "gain verified";
  }
  return "source only";
}

std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFix:
      return "fix";
    case Verdict::kMeasureFirst:
      return "measure first";
    case Verdict::kLeave:
      return "leave";
  }
  return "leave";
}

std::string_view level_word(Level level) {
  switch (level) {
    case Level::kNote:
      return "note";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "note";
}

std::string_view subject_kind_word(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::kLock:
      return "lock";
    case SubjectKind::kLine:
      return "line";
    case SubjectKind::kSource:
      return "source";
  }
  return "source";
}

std::string_view sharing_word(Sharing sharing) {
  switch (sharing) {
    case Sharing::kNone:
      return "none";
    case Sharing::kFalse:
      return "false";
    case Sharing::kTrue:
      return "true";
    case Sharing::kMixed:
      return "mixed";
  }
  return "none";
}

std::string_view line_side_word(LineSide side) {
  switch (side) {
    case LineSide::kNone:
      return "";
    case LineSide::kAggressor:
      return "aggressor";
    case LineSide::kVictim:
      return "victim";
    case LineSide::kBoth:
      return "both";
  }
  return "";
}

std::string_view line_side_words(LineSide side) {
  switch (side) {
    case LineSide::kNone:
      return "";
    case LineSide::kAggressor:
      return "takes it";
    case LineSide::kVictim:
      return "waits for it";
    case LineSide::kBoth:
      return "takes it and waits for it";
  }
  return "";
}

std::string_view bound_word(Bound bound) {
  switch (bound) {
    case Bound::kExact:
      return "exact";
    case Bound::kUpper:
      return "upper";
    case Bound::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view state_word(CollectorState state) {
  switch (state) {
    case CollectorState::kOn:
      return "on";
    case CollectorState::kDegraded:
      return "degraded";
    case CollectorState::kOff:
      return "off";
  }
  return "off";
}

std::string format_count(uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

std::string format_rate(double rate) {
  if (!std::isfinite(rate)) return "?";
  if (rate >= 100) return format_count(static_cast<uint64_t>(std::llround(std::min(rate, 1e15))));
  if (rate >= 10) return fmt::format("{:.1f}", rate);
  return rate > 0 ? fmt::format("{:.2f}", rate) : "0";
}

std::string format_cost(const Cost& cost) {
  const bool is_upper = cost.bound == Bound::kUpper && cost.thread_ms_per_s > 0;
  return (is_upper ? "<= " : "") + format_rate(cost.thread_ms_per_s);
}

std::string cost_cell(const Finding& finding) {
  if (finding.cost.bound != Bound::kUnknown || !finding.traffic) return format_cost(finding.cost);
  const MemoryCounts& counts = finding.traffic->counts;
  if (hitm_count(counts) > 0) return format_count(hitm_count(counts)) + " HITM";
  if (peer_count(counts) > 0) return format_count(peer_count(counts)) + " peer";
  return format_count(counts.samples) + " accesses";
}

std::string cost_words(const Finding& finding) {
  return cost_cell(finding) + (finding.cost.bound == Bound::kUnknown ? "" : " thread-ms/s");
}

std::string format_duration(uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.3g} us", value / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.3g} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

std::string format_share(double share) {
  return fmt::format("{:.0f} %", std::isfinite(share) ? share * 100 : 0);
}

std::string format_losses(const Coverage& account) {
  std::string text = format_count(lost_total(account));
  std::string reasons;
  for (const Loss& loss : account.lost) {
    if (loss.count == 0) continue;
    reasons +=
        fmt::format("{}{} {}", reasons.empty() ? "" : ", ", format_count(loss.count), loss.reason);
  }
  return reasons.empty() ? text : fmt::format("{} ({})", text, reasons);
}

std::string format_thread(std::string_view name, int32_t tid) {
  if (tid < 0) return std::string(name);  // of a goroutine the name says the number
  return name.empty() ? fmt::format("thread {}", tid) : fmt::format("{} ({})", name, tid);
}

std::string format_place(std::string_view file, uint32_t line, uint32_t column) {
  if (file.empty()) return "";
  std::string place(file);
  if (line != 0) place += fmt::format(":{}", line);
  if (line != 0 && column != 0) place += fmt::format(":{}", column);
  return place;
}

}  // namespace quarrel
