// Which findings has the author of the code already answered?
#pragma once

#include <string_view>
#include <vector>

#include "extract/unit_facts.h"

namespace quarrel {

/// Adds what the comments of one file say: `NOLINT(quarrel-RULE): reason` for its own line,
/// `NOLINTNEXTLINE(...)` for the next; without a list, or with `quarrel-*`, for all rules. Lists
/// that name only other tools' rules are not ours.
void add_comment_suppressions(SourceFacts& facts, FileId file, std::string_view text);

/// Adds the `[[clang::annotate("quarrel:RULE: reason")]]` attributes of a declaration.
void add_annotations(UnitFacts& unit, CXCursor declaration);

}  // namespace quarrel
