// How does what a check found wrong with a declaration become a finding?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checks/fact_index.h"
#include "checks/line_layout.h"

namespace quarrel {

/// What a check says about a record or a variable, and where it looks.
struct Complaint {
  std::string record;  ///< qualified; "" for a variable
  std::string type;    ///< of a variable
  std::vector<SubjectField> fields;
  SourcePos position;    ///< of the declaration that is to be changed
  std::string declared;  ///< sentence about that position
  std::string message;   ///< what is wrong
  std::string reason;    ///< why this verdict
  std::vector<Advice> advice;
  std::vector<FindingLocation> locations;  ///< further ones
  Level level = Level::kNote;
  Verdict verdict = Verdict::kMeasureFirst;
  uint32_t weight = 0;  ///< as in Finding
  std::string key;      ///< tells complaints of one rule about the same fields apart
};

Finding finding_of(const FactIndex& index, std::string_view rule, const Complaint& complaint);

/// Of a record, without fields yet; it stands at the declaration of the record.
Complaint complaint_about(const SourceRecord& record);

SubjectField subject_field(const LineField& place);
std::vector<SubjectField> subject_fields(const std::vector<LineField>& places);

/// "4 bytes", "1 byte".
std::string bytes_text(uint64_t count);

}  // namespace quarrel
