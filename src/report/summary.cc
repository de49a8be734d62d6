// What is the answer in one sentence, and what must be said about the quality of the data?
#include "report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <span>

#include "report/words.h"

namespace quarrel {
namespace {

/// Above this share of lost or unresolved events the verdict itself must say so.
constexpr double kNotableLoss = 0.01;
/// Smaller parts of a whole are left out of a sentence.
constexpr double kNotableShare = 0.01;
/// Of the futexes that may be locks, these many are named.
constexpr size_t kUnjudgedShown = 3;

constexpr std::string_view kUnjudged = "other";

/// A futex that no library function explains may be a lock of the program's own making: whether its
/// waits are contention is not known.
std::string idle_words(std::string_view kind) {
  if (kind == kUnjudged) return "unjudged, a lock or an event: futex";
  return fmt::format("idle, not contention: {}", kind);
}

size_t count_verdict(const Diagnosis& diagnosis, Verdict verdict) {
  return static_cast<size_t>(
      std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                    [&](const Finding& finding) { return finding.verdict == verdict; }));
}

std::string plural(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string transfers_text(const MemoryCounts& total) {
  return fmt::format(" Another core's cache had to answer {} of {} sampled loads.",
                     format_count(transfer_count(total)), format_count(total.loads));
}

std::string lost_text(const Diagnosis& diagnosis) {
  if (diagnosis.run.source == "scan") return "";
  if (diagnosis.memory && is_of_memory_alone(diagnosis))
    return transfers_text(diagnosis.memory->total);
  double upper = 0;
  for (const Finding& finding : diagnosis.findings)
    if (finding.cost.bound == Bound::kUpper) upper += finding.cost.thread_ms_per_s;
  std::string text = fmt::format(" Lock waits cost {} thread-ms per second of run",
                                 format_rate(diagnosis.totals.contention_ms_per_s));
  if (upper > 0) text += fmt::format("; shared cache lines at most {}", format_rate(upper));
  return text + ".";
}

double loss_share(const Coverage& account) {
  return account.seen == 0 ? 0
                           : static_cast<double>(lost_total(account) + account.unresolved) /
                                 static_cast<double>(account.seen);
}

}  // namespace

bool is_of_memory_alone(const Diagnosis& diagnosis) {
  return std::any_of(diagnosis.coverage.begin(), diagnosis.coverage.end(),
                     [](const Coverage& account) { return account.collector == "perf_records"; });
}

std::string verdict_line(const Diagnosis& diagnosis) {
  const size_t fix = count_verdict(diagnosis, Verdict::kFix);
  const size_t measure = count_verdict(diagnosis, Verdict::kMeasureFirst);
  const size_t leave = count_verdict(diagnosis, Verdict::kLeave);
  if (diagnosis.findings.empty()) return "No findings." + lost_text(diagnosis);
  return fmt::format("{}: {} to fix, {} to measure first, {} to leave.{}",
                     plural(diagnosis.findings.size(), "finding"), fix, measure, leave,
                     lost_text(diagnosis));
}

std::vector<std::string> data_warnings(const Diagnosis& diagnosis) {
  std::vector<std::string> warnings;
  for (const Coverage& account : diagnosis.coverage) {
    // Most virtual machines have no PMU; what that means stands with the data quality.
    if (account.state == CollectorState::kOff && account.collector == "memory_samples") continue;
    if (account.collector == "processes")
      warnings.push_back(account.reason);
    else if (account.state == CollectorState::kOff)
      warnings.push_back(fmt::format("{} is off: {}", account.collector, account.reason));
    else if (loss_share(account) > kNotableLoss)
      warnings.push_back(fmt::format("{}: {} of {} {} are lost or unresolved", account.collector,
                                     format_share(loss_share(account)), format_count(account.seen),
                                     account.unit));
  }
  return warnings;
}

std::vector<RunFact> run_facts(const DiagnosedRun& run, std::string_view source_root) {
  std::vector<RunFact> facts;
  if (run.source == "scan") {
    facts.push_back({"Source", "static scan, nothing was run"});
  } else {
    facts.push_back({"Target", fmt::format("{} (pid {}), {} threads seen", run.command, run.pid,
                                           format_count(run.threads))});
    facts.push_back({"Duration", fmt::format("{:.2f} s; {}", run.duration_s, run.stop_reason)});
    facts.push_back({"Machine", fmt::format("{} CPUs, {}-byte cache lines, Linux {} {}", run.cpus,
                                            run.line_size, run.kernel, run.machine)});
  }
  if (!source_root.empty()) facts.push_back({"Sources", fmt::format("below {}", source_root)});
  facts.push_back({"Tool", "quarrel " + run.tool_version});
  return facts;
}

std::vector<TotalLine> total_lines(const Diagnosis& diagnosis) {
  const Totals& totals = diagnosis.totals;
  std::vector<TotalLine> lines;
  if (diagnosis.run.source == "scan" || is_of_memory_alone(diagnosis)) return lines;
  const double rest = std::max(0.0, totals.contention_ms_per_s - totals.reported_ms_per_s);
  lines.push_back({0, fmt::format("contended waits for {}", plural(totals.locks_contended, "lock")),
                   format_rate(totals.contention_ms_per_s)});
  lines.push_back({1, "in the findings above", format_rate(totals.reported_ms_per_s)});
  lines.push_back({1, "in locks too small to list", format_rate(rest)});
  for (const LockEdge& edge : totals.lock_order)
    lines.push_back(
        {1, fmt::format("of it, because holders of {} waited for {}", edge.held, edge.awaited),
         format_rate(edge.thread_ms_per_s)});
  for (const IdleWaits& idle : totals.idle) {
    lines.push_back(
        {0,
         fmt::format("{} ({}, {})", idle_words(idle.kind), plural(idle.objects, "object"),
                     format_count(idle.count) + (idle.count == 1 ? " wait" : " waits")),
         format_rate(idle.thread_ms_per_s)});
    if (idle.kind == kUnjudged)
      for (const IdleObject& object :
           std::span(idle.named).first(std::min(idle.named.size(), kUnjudgedShown)))
        lines.push_back({1, object.name, format_rate(object.thread_ms_per_s)});
  }
  return lines;
}

std::string shared_lines_note(const Diagnosis& diagnosis) {
  if (diagnosis.run.source == "scan") return "";
  const uint64_t lines = diagnosis.totals.lines_shared;
  return fmt::format("{} cache line{} used by several threads, with a write, in all.",
                     format_count(lines), lines == 1 ? " is" : "s are");
}

std::string describe_waits(const Waits& waits) {
  const double known = waits.total_ns == 0 ? 0
                                           : static_cast<double>(waits.owner_known_ns) /
                                                 static_cast<double>(waits.total_ns);
  std::string kind = waits.kind;
  for (const std::string& attribute : waits.attributes) kind += ", " + attribute;
  // Only waits that ended are in the distribution.
  const std::string lengths =
      waits.p99_ns == 0 ? "; none of them ended"
                        : fmt::format("; half end within {}, 99 % within {}",
                                      format_duration(waits.p50_ns), format_duration(waits.p99_ns));
  std::string text = fmt::format(
      "{} blocking waits ({}), {} in all{}, longest {}; holder known for {} of the time",
      format_count(waits.count), kind, format_duration(waits.total_ns), lengths,
      format_duration(waits.max_ns), format_share(known));
  if (waits.wakes > 0)
    text += fmt::format("; {} calls to wake a waiter, of which {} woke nobody",
                        format_count(waits.wakes), format_count(waits.wasted_wakes));
  if (waits.timed_out > 0)
    text += fmt::format("; {} of the waits ended at their timeout", format_count(waits.timed_out));
  return text;
}

std::string activity_words(const HolderActivity& activity) {
  const double all =
      activity.running + activity.preempted + activity.asleep + activity.waiting + activity.unseen;
  std::vector<std::pair<double, std::string_view>> parts = {
      {activity.running, "running"},
      {activity.preempted, "preempted"},
      {activity.asleep, "asleep"},
      {activity.waiting, "waiting for a lock"},
      {activity.unseen, "unseen (goroutine)"}};
  std::ranges::stable_sort(parts, std::greater<>(), &std::pair<double, std::string_view>::first);
  std::vector<std::string> words;
  for (const auto& [ms, word] : parts)
    if (all > 0 && ms / all >= kNotableShare)
      words.push_back(fmt::format("{} {}", word, format_share(ms / all)));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string describe_holders(const Finding& finding) {
  if (!finding.holders || !finding.waits) return "";
  const std::string words = activity_words(*finding.holders);
  if (words.empty()) return "";
  std::string text = fmt::format("While others waited, holders were: {}", words);
  const double cost = finding.cost.thread_ms_per_s;
  if (cost > 0 && finding.handoff_ms_per_s / cost >= kNotableShare)
    text += fmt::format(". For {} of the waiting nobody had it: a waiter was woken and on its way",
                        format_share(std::min(1.0, finding.handoff_ms_per_s / cost)));
  return text;
}

std::string describe_convoy(const Finding& finding) {
  if (!finding.convoy) return "";
  const Convoy& convoy = *finding.convoy;
  return fmt::format(
      "Convoy: {:.1f} threads queue on average, two or more for {} of the time, and {} of their "
      "waiting is for a thread that was woken and is on its way; each has it for {} and waits {} "
      "for it, with {:.1f} system calls to wake for each wait",
      convoy.queue, format_share(convoy.persistence), format_share(convoy.handoff_share),
      format_duration(static_cast<uint64_t>(convoy.held_ns)),
      format_duration(static_cast<uint64_t>(convoy.waited_ns)), convoy.wakes_per_wait);
}

std::string describe_gain(const Finding& finding) {
  if (!finding.gain_bound_ms_per_s) return "";
  const double gain = *finding.gain_bound_ms_per_s;
  const double cost = finding.cost.thread_ms_per_s;
  std::string text = fmt::format("Upper bound of the gain: {} thread-ms/s", format_rate(gain));
  if (gain > cost * (1 + kNotableShare))
    text += ", with the waits for locks whose holders wait for this one";
  else if (gain < cost * (1 - kNotableShare))
    text += "; the rest is waited for at the locks that its holders wait for";
  return text;
}

std::string describe_watched(const Finding& finding) {
  if (!finding.watched) return "";
  const Watched& watched = *finding.watched;
  if (watched.is_confirmed)
    return fmt::format(
        "Hardware watchpoints confirm it: {} threads hit the watched bytes, {} of them writing ({} "
        "hits; watched for at most {:.0f} ms)",
        watched.threads, watched.writers, watched.hits, watched.watched_ms);
  return fmt::format(
      "Hardware watchpoints stood on the line for {:.0f} ms and do not confirm it: {} used the "
      "watched bytes meanwhile",
      watched.watched_ms,
      watched.threads == 0   ? "no thread"
      : watched.threads == 1 ? "only one thread"
                             : "no thread that writes");
}

std::string describe_allocations(const Finding& finding) {
  if (finding.allocations.empty()) return "";
  constexpr size_t kMaxSites = 5;
  std::vector<std::string> sites;
  double known = 0;
  double shown = 0;
  for (const AllocationSite& site : finding.allocations) {
    known += site.share;
    if (sites.size() == kMaxSites) continue;
    shown += site.share;
    const std::string place =
        site.file.empty() ? "" : fmt::format(" {}", format_place(site.file, site.line, 0));
    std::string text =
        fmt::format("by {}{} ({}{} bytes, {})", site.function, place,
                    site.blocks == 1 ? "" : fmt::format("{} blocks of at most ", site.blocks),
                    format_count(site.bytes), format_thread(site.thread, site.tid));
    if (finding.allocations.size() > 1) text += fmt::format(" for {}", format_share(site.share));
    sites.push_back(std::move(text));
  }
  std::string text = fmt::format("Allocated {}", fmt::join(sites, "; "));
  if (finding.allocations.size() > kMaxSites)
    text += fmt::format("; and in {} more places for {}", finding.allocations.size() - kMaxSites,
                        format_share(known - shown));
  if (known < 1 - kNotableShare)
    text += fmt::format("; for {} of the uses seen it is not known who had allocated the memory",
                        format_share(1 - known));
  return text;
}

std::string describe_chain(const std::vector<ChainLink>& chain) {
  std::string text;
  for (const ChainLink& link : chain) {
    const std::string holder =
        fmt::format("{}, {} of its waiting is for {}", link.lock, format_share(link.share),
                    format_thread(link.thread, link.tid));
    if (text.empty())
      text = "Chain: " + holder;
    else
      text += ", which waits for " + holder;
    if (link.state != "waiting") text += fmt::format(" ({})", link.state);
  }
  return text;
}

}  // namespace quarrel
