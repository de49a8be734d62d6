// How does a recording come back from a file that anyone may have written?
#include <fmt/format.h>

#include <bit>
#include <optional>

#include "store/recording_tables.h"
#include "store/store.h"
#include "store/table_reader.h"
#include "store/untrusted_file.h"

namespace quarrel {
namespace {

constexpr uint32_t kMinLineSize = 16;
constexpr uint32_t kMaxLineSize = 4096;
constexpr uint8_t kMaxValueClass = 5;
// Later stages count slices in a vector: 2^24 slices of 250 ms are 48 days.
constexpr uint32_t kMaxSlice = 1U << 24;

bool is_in_order(const std::vector<Mapping>& mappings) {
  uint64_t last_start = 0;
  for (const Mapping& mapping : mappings) {
    if (mapping.start > mapping.end || mapping.start < last_start) return false;
    last_start = mapping.start;
  }
  return true;
}

template <class Rows>
bool has_known_signatures(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(),
                     [](const auto& row) { return row.signature.value_class <= kMaxValueClass; });
}

bool has_sane_slices(const std::vector<WaitSlice>& slices) {
  return std::all_of(slices.begin(), slices.end(),
                     [](const WaitSlice& slice) { return slice.slice <= kMaxSlice; });
}

/// What the columns by themselves cannot show, or nullptr.
const char* contradiction(const std::vector<Run>& runs, const Recording& recording) {
  if (runs.size() != 1) return "table run does not have one row";
  const uint32_t line_size = runs[0].host.line_size;
  if (!std::has_single_bit(line_size) || line_size < kMinLineSize || line_size > kMaxLineSize)
    return "no cache line has run.line_size_bytes";
  if (!is_in_order(recording.mappings)) return "mappings are not sorted by address";
  if (!has_known_signatures(recording.lock_waits) || !has_known_signatures(recording.lock_stats) ||
      !has_known_signatures(recording.wait_stacks))
    return "a value_class is out of range";
  if (!has_sane_slices(recording.wait_slices)) return "a wait_slices.slice is out of range";
  return nullptr;
}

Result<Recording> recording_in(Database& database) {
  TRY_VOID(require_contents(database, "recording"));
  Recording recording;
  std::vector<Run> runs;
  TableReader reader(database);
  recording_tables(reader, runs, recording);
  TRY_VOID(reader.finish());
  if (const char* why = contradiction(runs, recording))
    return Error{fmt::format("cannot read {}: {}; the file is damaged", database.name(), why)};
  recording.run = std::move(runs.front());
  return recording;
}

}  // namespace

Result<Recording> read_recording(const std::string& path) {
  TRY(Database database, open_untrusted(path));
  return recording_in(database);
}

Result<Recording> recording_from_bytes(const std::string& bytes) {
  TRY(Database database, open_untrusted_bytes(bytes, "recording in memory"));
  return recording_in(database);
}

}  // namespace quarrel
