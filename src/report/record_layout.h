// How does a record lie on its cache lines: members, holes, padding, and what shares a line?
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "model/line_sharing.h"
#include "model/source_facts.h"

namespace quarrel {

enum class LayoutRowKind : uint8_t {
  kMember,
  kBase,    ///< a base class; its members follow
  kRecord,  ///< a member whose own members follow
  kHole,
  kPadding,      ///< at the end
  kVirtualBases  ///< at the end; DWARF does not say how they lie
};

struct LayoutRow {
  LayoutRowKind kind = LayoutRowKind::kMember;
  int depth = 0;  ///< in bases and members that are records
  uint64_t offset_bits = 0;
  uint64_t size_bits = 0;
  std::string name;  ///< path from the record: "producer.tail"
  std::string type;
  const SourceField* field = nullptr;  ///< of members
};

struct RecordLayout {
  const SourceRecord* record = nullptr;
  uint64_t line_bytes = kLineBytes;
  std::vector<LayoutRow> rows;  ///< by offset
  uint64_t lines = 0;           ///< that it covers if it starts on a line
  uint64_t holes = 0;
  uint64_t hole_bytes = 0;
  uint64_t padding_bytes = 0;  ///< behind the last member
  uint64_t atomics = 0;        ///< elements of arrays count each
  uint64_t locks = 0;
  /// Indices of rows with an atomic or a lock: runs, at least two each, in which all share a line
  /// for every, or for some address that an object may have.
  std::vector<std::vector<size_t>> always_together;
  std::vector<std::vector<size_t>> sometimes_together;
};

/// Lays the records of the facts out; the facts must outlive it and are untrusted.
class LayoutBuilder {
 public:
  explicit LayoutBuilder(const SourceFacts& facts, uint64_t line_bytes = kLineBytes);

  RecordLayout layout_of(const SourceRecord& record) const;

  /// The records that `type` may mean: of that qualified name, else those whose name ends with it
  /// at a "::" or ".", template arguments optional. By name.
  std::vector<const SourceRecord*> find(const std::string& type) const;

  const SourceFacts& facts() const { return facts_; }

 private:
  struct Totals {
    uint64_t atomics = 0;
    uint64_t locks = 0;
  };

  const SourceRecord* record(SymbolId symbol) const;
  const SourceRecord* element_of(const SourceField& field) const;
  Totals totals_of(const SourceRecord& record, int depth) const;
  friend class LayoutWalk;

  const SourceFacts& facts_;
  uint64_t line_bytes_;
  std::unordered_map<uint32_t, const SourceRecord*> records_;  // by symbol
  mutable std::unordered_map<const SourceRecord*, Totals> totals_;
};

/// True for atomics and locks, or arrays of them.
bool is_synchronized(const LayoutRow& row);

/// "atomic", "mutex", "shared mutex", "spinlock" or "".
std::string mark_of(const SourceField& field);

/// True if the object (not an array) crosses a line although it would fit into one, given a record
/// that starts on a line.
bool crosses_line(const LayoutRow& row, uint64_t line_bytes);

/// The record as a picture in text.
std::string layout_text(const LayoutBuilder& builder, const RecordLayout& layout);

/// A table of records, one a line.
std::string layout_table(const std::vector<RecordLayout>& layouts);

/// The records as JSON (docs/json.md).
std::string layout_json(const LayoutBuilder& builder, const std::vector<RecordLayout>& layouts);

}  // namespace quarrel
