// How do facts travel between processes of one tool, and into its cache, at little cost?
//
// The tables of a `.quarrel` file without SQLite: the same columns in the same order, as counts and
// variable-length numbers. Only the tool that wrote the bytes can read them, so they have no
// version; whoever keeps them must keep that tool's name beside them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/source_facts.h"

namespace quarrel {

std::string pack_facts(const SourceFacts& facts);

/// The bytes are untrusted: a worker that was taken over by what it parsed may have written them.
/// Error: an id, a word or a length that cannot be, or bytes left over.
Result<SourceFacts> unpack_facts(std::string_view bytes);

}  // namespace quarrel
