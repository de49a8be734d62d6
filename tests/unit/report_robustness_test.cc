// Does every recording that a file may hold end in reports, whatever its numbers are?
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "checks/check.h"
#include "join/join.h"
#include "join/line_guess.h"
#include "join/lock_guess.h"
#include "report/format.h"
#include "resolve/resolve.h"
#include "store/recording_tables.h"
#include "unit/random_model.h"

namespace quarrel {
namespace {

constexpr uint64_t kFirstAddress = 0x401000;
constexpr uint64_t kBytes = 0x1000;

/// A visitor of columns: moves addresses so close together that rows of different tables meet, and
/// makes some numbers as large as a file can hold.
class RowCrowder {
 public:
  explicit RowCrowder(uint32_t seed) : engine_(seed) {}

  template <class T>
  void number(const char*, T& value) {
    if (sizeof(T) == sizeof(int64_t) && engine_() % 8 == 0)
      value = static_cast<T>(std::numeric_limits<int64_t>::max());
  }
  void address(const char*, uint64_t& value) {
    if (engine_() % 16 != 0) value = kFirstAddress + value % kBytes;
  }
  void flag(const char*, bool&) {}
  void text(const char*, std::string&) {}
  template <class T, size_t N>
  void blob(const char* name, std::array<T, N>& words) {
    for (T& word : words) address(name, word);
  }
  void blob(const char*, std::vector<uint8_t>&) {}
  template <class Tag>
  void id(const char*, Id<Tag>&) {}
  template <class Tag>
  void optional_id(const char*, Id<Tag>&) {}
  template <class E>
  void word(const char*, E&) {}

 private:
  std::mt19937 engine_;
};

/// A visitor of tables: does that to every row.
class TableCrowder {
 public:
  explicit TableCrowder(uint32_t seed) : crowder_(seed) {}

  template <class Row, class Describe = DescribeRow>
  void rows(const char*, Growth, std::vector<Row>& rows, Describe describe = {}) {
    for (Row& row : rows) describe(crowder_, row);
  }
  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char*, const char*, Growth, std::vector<Parent>& parents,
                std::vector<Child> Parent::* member, Describe describe = {}) {
    for (Parent& parent : parents)
      for (Child& child : parent.*member) describe(crowder_, child);
  }
  template <class Parent>
  void counts(const char*, SparseColumns, Growth, std::vector<Parent>& parents,
              std::vector<uint64_t> Parent::* member, size_t) {
    for (Parent& parent : parents)
      for (uint64_t& count : parent.*member) crowder_.number("", count);
  }

 private:
  RowCrowder crowder_;
};

/// Some of its code is that of a program with debug information.
Recording crowded_recording(uint32_t seed) {
  Recording recording = RandomModel(seed).recording();
  std::vector<Run> runs{recording.run};
  TableCrowder crowder(seed);
  recording_tables(crowder, runs, recording);
  recording.run = runs.front();
  for (Module& module : recording.modules) module.path = "/nowhere/" + module.path;
  recording.modules.front() = {QUARREL_BINARY_DIR "/tests/resolve/blocked_gcc_nopie", ""};
  for (Mapping& mapping : recording.mappings) mapping.end = std::max(mapping.start, mapping.end);
  recording.mappings.push_back({.start = kFirstAddress,
                                .end = kFirstAddress + kBytes,
                                .file_offset = 0x1000,
                                .module = {0},
                                .is_executable = true});
  std::ranges::sort(recording.mappings, {}, &Mapping::start);
  return recording;
}

std::vector<std::string> reports_of(uint32_t seed) {
  const SourceFacts facts = RandomModel(seed).facts();
  const std::vector<Finding> static_findings = run_checks(facts);
  Profile profile = resolve(crowded_recording(seed), {});
  guess_lock_names(facts, profile);
  guess_line_names(facts, profile.lines);
  const Diagnosis diagnosis =
      join({.profile = profile, .facts = &facts, .static_findings = static_findings});
  std::vector<std::string> reports;
  for (const Format& format : FormatRegistry::all())
    reports.push_back(format.render(diagnosis, {}));
  return reports;
}

TEST(Reports, AreMadeOfAnyRecordingAndAreTheSameEachTime) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    const std::vector<std::string> reports = reports_of(seed);
    ASSERT_GE(reports.size(), 5u);
    for (const std::string& report : reports) EXPECT_FALSE(report.empty()) << "seed " << seed;
    if (seed % 8 == 0) {
      EXPECT_EQ(reports, reports_of(seed)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace quarrel
