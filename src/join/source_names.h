// What does the source call the things that a run only knows by address and line of code?
#pragma once

#include <string_view>

#include "model/profile.h"
#include "model/source_facts.h"

namespace quarrel {

/// True if one path is the end of the other, from a separator on: a scan names files from the root
/// of the project, debug information names those of the build.
bool is_same_file(std::string_view a, std::string_view b);

/// Fills record, field (or variable), type, declaration and the offset in the record from the field
/// or variable of that symbol. False if the facts have none.
bool describe_symbol(const SourceFacts& facts, SymbolId symbol, DataObject& object);

}  // namespace quarrel
