// How would the members of a class template lie, if nobody instantiates it?
#pragma once

#include "extract/unit_facts.h"

namespace quarrel {

/// The record of a class template, of its partial specialisation, of a class nested in one, or of
/// one that is invalid because a member has an unknown type. Its layout is an assumption: each
/// member whose type depends on the template arguments counts as one word, each array whose length
/// does as one element, and an array of bytes as padding up to the next line. Without a layout if
/// it has a base, because that may hold anything.
SourceRecord describe_pattern(UnitFacts& unit, CXCursor pattern);

}  // namespace quarrel
