// How do recordings of several processes, made at the same time, become one?
#include "store/combine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "model/address_space.h"
#include "store/recording_tables.h"

namespace quarrel {
namespace {

/// Where addresses of one more process go.
class Placement {
 public:
  Placement(const std::vector<SharedMemory>& known, const std::vector<SharedMemory>& own,
            uint64_t space)
      : known_(known), own_(own), space_(space) {}

  uint64_t place(uint64_t address) const {
    if (address == 0 || address >= kSpaceBytes) return address;
    for (const SharedMemory& mine : own_)
      if (address >= mine.start && address < mine.end)
        if (const auto there = place_shared(mine, mine.file_offset + (address - mine.start)))
          return *there;
    return in_space(address, space_);
  }

 private:
  std::optional<uint64_t> place_shared(const SharedMemory& mine, uint64_t offset) const {
    for (const SharedMemory& other : known_) {
      const bool is_same = other.device == mine.device && other.inode == mine.inode;
      if (is_same && offset >= other.file_offset &&
          offset - other.file_offset < other.end - other.start)
        return other.start + (offset - other.file_offset);
    }
    return std::nullopt;
  }

  const std::vector<SharedMemory>& known_;
  const std::vector<SharedMemory>& own_;
  uint64_t space_;
};

/// Ids of one recording begin behind those of the others.
struct IdOffsets {
  uint32_t modules, threads, frames, stacks;

  uint32_t of(ModuleId) const { return modules; }
  uint32_t of(ThreadId) const { return threads; }
  uint32_t of(FrameId) const { return frames; }
  uint32_t of(StackId) const { return stacks; }
};

/// A visitor of columns: moves every id and address of a row.
class RowMover {
 public:
  RowMover(const IdOffsets& offsets, const Placement& placement)
      : offsets_(offsets), placement_(placement) {}

  template <class T>
  void number(const char*, T&) {}
  void address(const char*, uint64_t& value) { value = placement_.place(value); }
  void flag(const char*, bool&) {}
  void text(const char*, std::string&) {}
  template <class Blob>
  void blob(const char*, Blob&) {}
  template <class Tag>
  void id(const char*, Id<Tag>& value) {
    if (value.is_valid()) value.value += offsets_.of(value);
  }
  template <class Tag>
  void optional_id(const char* name, Id<Tag>& value) {
    id(name, value);
  }
  template <class E>
  void word(const char*, E&) {}

 private:
  const IdOffsets& offsets_;
  const Placement& placement_;
};

/// A visitor of tables: does that to every row.
class TableMover {
 public:
  explicit TableMover(RowMover mover) : mover_(mover) {}

  template <class Row, class Describe = DescribeRow>
  void rows(const char*, Growth, std::vector<Row>& rows, Describe describe = {}) {
    for (Row& row : rows) describe(mover_, row);
  }
  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char*, const char*, Growth, std::vector<Parent>& parents,
                std::vector<Child> Parent::* member, Describe describe = {}) {
    for (Parent& parent : parents)
      for (Child& child : parent.*member) describe(mover_, child);
  }
  template <class Parent>
  void counts(const char*, SparseColumns, Growth, std::vector<Parent>&,
              std::vector<uint64_t> Parent::*, size_t) {}

 private:
  RowMover mover_;
};

/// A visitor of tables, in two passes: remembers those of one recording, and moves their rows to
/// the same tables of another.
class TableAppender {
 public:
  void begin_append() { is_appending_ = true; }

  template <class Row, class Describe = DescribeRow>
  void rows(const char*, Growth, std::vector<Row>& rows, Describe = {}) {
    if (!is_appending_) return tables_.push_back(&rows);
    auto& more = *static_cast<std::vector<Row>*>(tables_[next_++]);
    rows.insert(rows.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
  }
  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char*, const char*, Growth, std::vector<Parent>&,
                std::vector<Child> Parent::*, Describe = {}) {}
  template <class Parent>
  void counts(const char*, SparseColumns, Growth, std::vector<Parent>&,
              std::vector<uint64_t> Parent::*, size_t) {}

 private:
  std::vector<void*> tables_;
  size_t next_ = 0;
  bool is_appending_ = false;
};

uint64_t end_of(const Run& run) {
  return run.start_ns + run.duration_ns;
}

Result<void> check_fit(const Run& one, const Run& other) {
  if (!(one.host == other.host))
    return Error{fmt::format("the recordings of processes {} and {} are of different hosts",
                             one.pid, other.pid)};
  if (one.sample_period_ns != other.sample_period_ns)
    return Error{fmt::format("processes {} and {} were sampled at different rates (--sample-hz)",
                             one.pid, other.pid)};
  const uint64_t begin = std::max(one.start_ns, other.start_ns);
  const uint64_t end = std::min(end_of(one), end_of(other));
  if (end <= begin || end - begin < std::min(one.duration_ns, other.duration_ns) / 2)
    return Error{fmt::format(
        "processes {} and {} were not recorded at the same time; start both recordings at once",
        one.pid, other.pid)};
  return {};
}

using SampleSpan = std::pair<size_t, size_t>;  // indices into line_samples, of one recording

/// Threads of the other span that were sampled on another CPU at about that time. Both spans are
/// in the order of time.
void add_peers(std::vector<LineSample>& samples, SampleSpan to, SampleSpan from,
               uint64_t reach_ns) {
  size_t first = from.first;
  for (size_t i = to.first; i < to.second; ++i) {
    LineSample& sample = samples[i];
    while (first < from.second && samples[first].time_ns + reach_ns < sample.time_ns) ++first;
    for (size_t j = first; j < from.second && samples[j].time_ns <= sample.time_ns + reach_ns; ++j)
      if (samples[j].cpu != sample.cpu) sample.peers.push_back(samples[j].thread);
    std::sort(sample.peers.begin(), sample.peers.end());
    sample.peers.erase(std::unique(sample.peers.begin(), sample.peers.end()), sample.peers.end());
  }
}

void sort_by_time(std::vector<LineSample>& samples) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const LineSample& a, const LineSample& b) { return a.time_ns < b.time_ns; });
}

void append(Recording more, uint64_t space, Recording& all) {
  const IdOffsets offsets{
      static_cast<uint32_t>(all.modules.size()), static_cast<uint32_t>(all.threads.size()),
      static_cast<uint32_t>(all.frames.size()), static_cast<uint32_t>(all.stacks.size())};
  const std::vector<SharedMemory> own = more.shared_memory;
  const std::vector<SharedMemory> known = all.shared_memory;
  const Placement placement(known, own, space);
  std::vector<Run> runs;
  TableMover mover(RowMover(offsets, placement));
  recording_tables(mover, runs, more);
  for (Coverage& row : more.coverage) row.collector += fmt::format(" (process {})", more.run.pid);
  sort_by_time(more.line_samples);
  const size_t before = all.line_samples.size();
  const SampleSpan old{0, before}, fresh{before, before + more.line_samples.size()};
  TableAppender appender;
  recording_tables(appender, runs, more);
  appender.begin_append();
  recording_tables(appender, runs, all);
  const uint64_t reach_ns = all.run.sample_period_ns / 2;
  std::vector<LineSample>& samples = all.line_samples;
  add_peers(samples, old, fresh, reach_ns);
  add_peers(samples, fresh, old, reach_ns);
  sort_by_time(samples);
  const uint64_t end = std::max(end_of(all.run), end_of(more.run));
  all.run.start_ns = std::min(all.run.start_ns, more.run.start_ns);
  all.run.duration_ns = end - all.run.start_ns;
  all.run.command += " + " + more.run.command;
}

}  // namespace

Result<Recording> combine_recordings(std::vector<Recording> recordings) {
  if (recordings.empty()) return Error{"no recording to read"};
  if (recordings.size() == 1) return std::move(recordings.front());
  for (const Recording& other : recordings) TRY_VOID(check_fit(recordings.front().run, other.run));
  Recording all = std::move(recordings.front());
  sort_by_time(all.line_samples);
  for (size_t i = 1; i < recordings.size(); ++i) append(std::move(recordings[i]), i, all);
  std::sort(all.mappings.begin(), all.mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  return all;
}

}  // namespace quarrel
