// What is the answer in one sentence, and what must be said about the quality of the data?
#pragma once

#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

/// Imported from perf: nothing is known of locks and times.
bool is_of_memory_alone(const Diagnosis& diagnosis);

/// The verdict line: how many findings, how many worth a fix, and what they cost together.
std::string verdict_line(const Diagnosis& diagnosis);

/// Doubts that belong next to the verdict: a collector that is off, losses above one percent.
std::vector<std::string> data_warnings(const Diagnosis& diagnosis);

/// One fact of the run, e.g. {"Target", "rate_limiter (pid 4711)"}.
struct RunFact {
  std::string name;
  std::string value;
};
/// `source_root`: see source_root.h.
std::vector<RunFact> run_facts(const DiagnosedRun& run, std::string_view source_root);

/// One line of the totals; children follow their parent with a larger depth.
struct TotalLine {
  size_t depth = 0;
  std::string name;
  std::string value;
};
std::vector<TotalLine> total_lines(const Diagnosis& diagnosis);

/// How many cache lines several threads use, with a write; "" for a scan.
std::string shared_lines_note(const Diagnosis& diagnosis);

/// "4,012 waits of a mutex, 5.10 s in all; half end within 60 us, 99 % within 2 ms, longest 9 ms"
std::string describe_waits(const Waits& waits);

/// What holders did while others waited: "While others waited, holders were running 62 % ...";
/// empty if that is not known.
std::string describe_holders(const Finding& finding);

/// The queue of a convoy with its figures; empty if the lock is none.
std::string describe_convoy(const Finding& finding);

/// "At most 12.0 thread-ms/s can be gained here ..."; empty if it is not known.
std::string describe_gain(const Finding& finding);

/// "Hardware watchpoints confirm it: ..."; empty if none stood on the line.
std::string describe_watched(const Finding& finding);

/// "Allocated by make_counters() (server.cc:41): ..."; empty if it is not of the heap, or not
/// known.
std::string describe_allocations(const Finding& finding);

/// The chain from a lock to what its waiters really wait for; empty without one.
std::string describe_chain(const std::vector<ChainLink>& chain);

/// "running 62 %, asleep 38 %": shares of what one or all holders did, without those below 1 %.
std::string activity_words(const HolderActivity& activity);

}  // namespace quarrel
