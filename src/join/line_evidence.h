// What did the run show of one cache line: whose fields, which threads, at which lines of code?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "join/line_harm.h"
#include "join/peer_contrast.h"
#include "join/stacks.h"
#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// A touched range of the line with the object that covers it (nullptr: nothing is known there).
struct TouchedField {
  SubjectField field;
  const DataObject* object = nullptr;

  /// As the record's source would spell it: "a", or the variable, or "+8 (8 bytes)".
  std::string member_name() const;

  bool is_owner_count() const { return object != nullptr && object->is_owner_count; }
};

/// How the fields of a line are called together, and by what a finding about them is identified.
struct LineNames {
  std::string record;                ///< empty unless all touched fields belong to one record
  std::string name;                  ///< "Counters"; "g_hits, g_misses"; "line 0x7f..."
  std::vector<std::string> members;  ///< sorted, unique
  bool is_named = false;
};

struct ThreadTouch {
  uint64_t samples = 0;
  bool writes = false;
};

/// One line, or all lines that hold the same fields of the same record (an array of them).
struct LineEvidence {
  const LineProfile* hottest = nullptr;
  std::vector<const LineProfile*> all;
  uint64_t lines = 0;
  uint64_t samples = 0;
  Sharing sharing = Sharing::kNone;
  LineNames names;
  std::string fingerprint;
  std::vector<TouchedField> fields;  ///< of the hottest line
  std::map<ThreadId, ThreadTouch> threads;
  PeerContrast contrast;          ///< of the hottest line
  MemoryCounts memory;            ///< of all lines, what the processor itself reported
  LineHarm harm;                  ///< of the hottest line
  std::optional<StepCost> steps;  ///< of the hottest line
};

/// The evidence of all lines that `rule` ("false-sharing" or "true-sharing") speaks about.
std::vector<LineEvidence> shared_lines(const Profile& profile, const std::string& rule);

/// Source lines (role writer or reader) and stacks of all accesses to the hottest line.
void add_access_code(const Profile& profile, const LineEvidence& evidence, Finding& finding);

}  // namespace quarrel
