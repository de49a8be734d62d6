// What is one non-static data member, wherever its record puts it?
#pragma once

#include "extract/unit_facts.h"

namespace quarrel {

/// All of a field but its offset. `size_bits` is 0 if the type depends on template arguments.
SourceField describe_field(UnitFacts& unit, CXCursor field);

}  // namespace quarrel
