// Which functions may a call through a pointer run?
//
// A field or variable that holds a function stands in the call graph as if it were one: who calls
// through it has an edge to it, and it has one to each function that it is given anywhere.
#pragma once

#include "extract/unit_facts.h"

namespace quarrel {

/// The edge from a field or global to the function or lambda that `value` is, if it is one.
void enter_pointer_target(UnitFacts& unit, CXCursor holder, CXCursor value, CXCursor at);

/// The functions in the initialiser of a variable of a record, or of an array of records.
void enter_initial_targets(UnitFacts& unit, CXCursor initialiser);

/// The field or global of a pointer to a function or a std::function; null of anything else.
CXCursor function_holder(CXCursor expression);

}  // namespace quarrel
