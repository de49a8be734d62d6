// What do the errors of the compiler mean for the facts of a unit?
#pragma once

#include "extract/unit_facts.h"

namespace quarrel {

/// Notes the errors: the text of the first becomes the reason of the unit, and a record that one
/// stands in has no layout to trust, nor has any that holds or derives from it.
void apply_diagnostics(UnitFacts& unit, CXTranslationUnit translation_unit);

}  // namespace quarrel
