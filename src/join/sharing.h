// Do the threads of a cache line want the same bytes, or only the same line?
#pragma once

#include <vector>

#include "model/diagnosis.h"
#include "model/profile.h"

namespace quarrel {

/// By byte ranges per thread; pairs of reads do not count. kTrue: whatever clashes is wanted by
/// several threads itself. kFalse: no two threads want the same bytes. kMixed: bytes that several
/// threads want have neighbours that they do not. kNone: nothing clashes.
Sharing classify_sharing(const LineProfile& line);

/// The smallest named object of the line that holds the address: the field rather than the record
/// around it. Null: nothing is known there.
const DataObject* object_at(const LineProfile& line, uint64_t address);

/// What stands on the line and which threads read and write it, by offset in the line. Ranges that
/// no object covers are called "+8 (8 bytes)".
std::vector<SubjectField> line_fields(const LineProfile& line, const Recording& recording);

}  // namespace quarrel
