// How did the author write an expression?
#pragma once

#include <string>

#include "extract/cursor.h"

namespace quarrel {

/// The source of an expression with white space collapsed; that of a macro argument where it is
/// spelt. "" if it has no place of its own, as what a macro's body brings; long ones end in "...".
std::string written_text(CXCursor expression);

/// The same, but where a macro's body brings the expression, the use of the macro.
std::string text_in_use(CXCursor expression);

/// The name of the macro whose body brings a statement or expression, or "".
std::string macro_of(CXCursor cursor);

/// The name at the end of `object.name` or `pointer->name`, where it is used.
std::string last_identifier(CXCursor expression);

/// The tokens from the start of a statement to its end; where a macro's body brings it, from there
/// to the end of the macro's definition.
std::vector<std::string> tokens_where_spelt(CXCursor statement);

}  // namespace quarrel
