// What does a perf.data file of another tool's run say, as a recording?
#include "import/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "import/address_spaces.h"
#include "import/call_tree.h"
#include "import/perf_data.h"
#include "import/recorded_files.h"
#include "model/address_space.h"
#include "model/memory_source.h"

namespace quarrel {
namespace {

/// The process with the most samples.
uint32_t main_process(const PerfData& data) {
  std::map<uint32_t, uint64_t> samples;
  for (const RawMemorySample& raw : data.samples)
    if (raw.mode == SampleMode::kUser) ++samples[raw.pid];
  const auto most =
      std::max_element(samples.begin(), samples.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == samples.end() ? 0 : most->first;
}

/// Indices in the order of time; what has no time goes first, equal times stay as in the file.
template <class Row, class Time>
std::vector<uint32_t> by_time(const std::vector<Row>& rows, Time time_of) {
  std::vector<uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return time_of(rows[a]) < time_of(rows[b]); });
  return order;
}

class Importer {
 public:
  explicit Importer(PerfData data)
      : data_(std::move(data)), spaces_(main_process(data_)), stacks_(recording_) {}

  Recording run() {
    replay();
    name_threads();
    add_recorded_files(data_, spaces_.numbered(), recording_);
    describe_run();
    add_coverage();
    return std::move(recording_);
  }

 private:
  /// perf writes one buffer for each CPU: only the times say what came first.
  void replay() {
    const auto records = by_time(data_.timeline, [](const TimedRecord& row) { return row.time; });
    const auto samples =
        by_time(data_.samples, [](const RawMemorySample& row) { return row.sample.time_ns; });
    auto next = records.begin();
    for (const uint32_t index : samples) {
      const RawMemorySample& raw = data_.samples[index];
      while (next != records.end() && data_.timeline[*next].time <= raw.sample.time_ns)
        apply(data_.timeline[*next++]);
      take(raw);
    }
    while (next != records.end()) apply(data_.timeline[*next++]);
  }

  void apply(const TimedRecord& record) {
    std::visit([this](const auto& what) { spaces_.apply(what); }, record.what);
    if (const auto* comm = std::get_if<CommRecord>(&record.what)) names_[comm->tid] = comm->name;
    if (const auto* fork = std::get_if<ForkRecord>(&record.what)) names_.erase(fork->tid);
  }

  void take(const RawMemorySample& raw) {
    const bool is_access = is_load(raw.sample.data_source) || is_store(raw.sample.data_source);
    if (!is_access) return add_unresolved("neither a load nor a store");
    if (raw.sample.address == 0) return add_unresolved("without a data address");
    if (raw.mode == SampleMode::kGuest) return add_unresolved("of a virtual machine's guest");
    const auto data = place(raw, raw.sample.address, true);
    const auto code = place(raw, raw.sample.ip, false);
    if (!data || !code) return add_unresolved("with an address that no process can have");
    MemorySample sample = raw.sample;
    sample.address = *data;
    sample.ip = *code;
    sample.thread = thread_of(raw);
    sample.stack = stack_of(raw);
    recording_.memory_samples.push_back(sample);
  }

  std::optional<uint64_t> place(const RawMemorySample& raw, uint64_t address, bool is_data) {
    if (address >= kKernelStart)
      return raw.mode == SampleMode::kKernel ? std::optional(address) : std::nullopt;
    return is_data ? spaces_.place_data(raw.pid, address) : spaces_.place_code(raw.pid, address);
  }

  void add_unresolved(std::string_view why) { ++unresolved_[std::string(why)]; }

  ThreadId thread_of(const RawMemorySample& raw) {
    const ThreadId next{static_cast<uint32_t>(recording_.threads.size())};
    const auto [place, is_new] = threads_.emplace(std::pair(raw.pid, raw.tid), next);
    if (is_new) {
      const auto tid = static_cast<int32_t>(raw.tid & INT32_MAX);
      recording_.threads.push_back({tid, tid, "", raw.sample.time_ns, raw.sample.time_ns});
    }
    recording_.threads[place->second.value].last_seen_ns = raw.sample.time_ns;
    return place->second;
  }

  StackId stack_of(const RawMemorySample& raw) {
    std::vector<uint64_t> addresses;
    for (uint32_t i = 0; i < raw.calls; ++i) {
      const auto pc = spaces_.place_code(raw.pid, data_.calls[raw.first_call + i]);
      if (!pc) break;
      addresses.push_back(*pc);
    }
    return stacks_.add(addresses);
  }

  /// A thread that never named itself is called like its process.
  void name_threads() {
    std::map<uint32_t, TextId> process_names;
    for (const AddressSpace* space : spaces_.numbered()) process_names[space->pid] = space->name;
    for (const auto& [key, thread] : threads_) {
      const auto own = names_.find(key.second);
      const TextId name = own != names_.end() ? own->second : process_names[key.first];
      recording_.threads[thread.value].name = data_.texts[name];
    }
  }

  void describe_run() {
    Run& run = recording_.run;
    run.tool_version = QUARREL_VERSION;
    run.host = data_.header.facts.host;
    run.stop_reason = StopReason::kImported;
    for (const AddressSpace* space : spaces_.numbered()) {
      if (*space->number != 0) continue;
      run.command = data_.texts[space->name];
      run.pid = static_cast<int32_t>(space->pid & INT32_MAX);
    }
    if (recording_.memory_samples.empty()) return;
    run.start_ns = recording_.memory_samples.front().time_ns;
    run.duration_ns = recording_.memory_samples.back().time_ns - run.start_ns;
  }

  void add_coverage() {
    recording_.coverage.push_back(sample_coverage());
    recording_.coverage.push_back(record_coverage());
  }

  Coverage sample_coverage() const {
    const PerfCounts& counts = data_.counts;
    Coverage row{.collector = "memory_samples", .unit = "samples", .state = CollectorState::kOn};
    row.seen = counts.memory_samples + counts.unknown_samples + counts.lost_by_kernel;
    row.attributed = recording_.memory_samples.size();
    std::vector<std::string> reasons;
    for (const auto& [why, count] : unresolved_) {
      row.unresolved += count;
      reasons.push_back(fmt::format("{} {}", count, why));
    }
    add_loss(row, "perf's buffers were full", counts.lost_by_kernel);
    add_loss(row, "of an event that the file does not describe", counts.unknown_samples);
    add_loss(row, "cut off", counts.damaged_samples);
    add_loss(row, "beyond the 4 million samples that are kept", counts.surplus_samples);
    if (!reasons.empty()) row.reason = fmt::format("unresolved: {}", fmt::join(reasons, ", "));
    if (!row.lost.empty()) row.state = CollectorState::kDegraded;
    return row;
  }

  Coverage record_coverage() const {
    const PerfCounts& counts = data_.counts;
    Coverage row{.collector = "perf_records", .unit = "records", .state = CollectorState::kOn};
    row.seen = counts.records;
    row.attributed = counts.known_records;
    row.unresolved = counts.other_records;
    add_loss(row, "damaged", counts.damaged_records);
    add_loss(row, "beyond the million that are kept", counts.surplus_records);
    std::vector<std::string> reasons = damage_reasons();
    if (!reasons.empty() || !row.lost.empty()) row.state = CollectorState::kDegraded;
    row.reason = fmt::format("{}", fmt::join(reasons, "; "));
    return row;
  }

  std::vector<std::string> damage_reasons() const {
    const PerfHeader& header = data_.header;
    std::vector<std::string> reasons;
    if (header.is_unfinished)
      reasons.push_back(
          "perf was killed before it completed the header: host and names are missing");
    if (header.missing_bytes > 0)
      reasons.push_back(fmt::format("the file ends {} bytes too early", header.missing_bytes));
    if (!data_.read.damage.empty())
      reasons.push_back(fmt::format("{}: the last {} bytes were not read", data_.read.damage,
                                    data_.read.lost_bytes));
    if (data_.counts.trace_bytes > 0)
      reasons.push_back(
          fmt::format("{} bytes of a hardware trace were not decoded: run 'perf inject --itrace=M' "
                      "first",
                      data_.counts.trace_bytes));
    return reasons;
  }

  static void add_loss(Coverage& row, std::string_view reason, uint64_t count) {
    if (count > 0) row.lost.push_back({std::string(reason), count});
  }

  PerfData data_;
  Recording recording_;
  AddressSpaces spaces_;
  CallTree stacks_;
  std::map<std::pair<uint32_t, uint32_t>, ThreadId> threads_;
  std::map<uint32_t, TextId> names_;  // of threads
  std::map<std::string, uint64_t> unresolved_;
};

/// What the file is instead, and how to get what is missing.
Error no_memory_samples(const PerfData& data) {
  std::set<std::string> names;
  for (const PerfEvent& event : data.header.events.all())
    names.insert(event.name.empty() ? "unnamed" : event.name);
  const std::string events = names.empty() ? "no event" : fmt::format("{}", fmt::join(names, ", "));
  if (data.counts.trace_bytes > 0)
    return {fmt::format(
        "the file holds {} bytes of an undecoded hardware trace ({}) and no memory samples; decode "
        "it first: perf inject --itrace=M -i perf.data -o decoded.data",
        data.counts.trace_bytes, events)};
  return {fmt::format(
      "the file holds {} records of {}, but no memory samples: samples need a data address and a "
      "data source, as 'perf c2c record' and 'perf mem record' take them; for anything else use "
      "'quarrel record', which needs no such hardware",
      data.counts.records, events)};
}

}  // namespace

Result<Recording> import_perf_data(const PerfInput& input) {
  TRY(PerfData data, read_perf_data(input));
  if (data.counts.memory_samples == 0) return no_memory_samples(data);
  const uint64_t samples = data.counts.memory_samples;
  Recording recording = Importer(std::move(data)).run();
  if (recording.memory_samples.empty())
    return Error{fmt::format("none of the {} memory samples can be used ({})", samples,
                             recording.coverage.front().reason)};
  return recording;
}

}  // namespace quarrel
