// Can two fields of one object lie on the same cache line?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checks/fact_index.h"
#include "model/line_sharing.h"

namespace quarrel {

/// A scalar, atomic or library object within a record, at any depth.
struct LineField {
  const SourceField* field = nullptr;
  const SourceRecord* parent =
      nullptr;         ///< that declares it: the record, a base or a member's type
  std::string path;    ///< from the record: "producer.tail"
  std::string member;  ///< the member that holds it: "producer"; empty if direct
  ByteRange bytes;
};

/// All fields of the record with its bases and nested members, by offset. Unions, bit-fields and
/// unnamed or system types are not looked into.
std::vector<LineField> flatten(const FactIndex& index, const SourceRecord& record);

/// The members that flatten looks into, at any depth: code may also use them whole.
std::vector<LineField> aggregates(const FactIndex& index, const SourceRecord& record);

/// Bytes that an object grows by, if the fields at those offsets (sorted) each start a new line
/// and the record is rounded up to whole lines.
uint64_t padding_price(const SourceRecord& record, const std::vector<uint64_t>& aligned_offsets);

}  // namespace quarrel
