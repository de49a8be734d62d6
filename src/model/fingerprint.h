// What makes a finding the same finding in CI, in production and after an unrelated edit?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

/// What the elements of an array have in common: "shards[].mu" for "shards[3].mu".
std::string without_indices(std::string_view name);

/// The identity of a finding: SHA-256 over rule, qualified record (or the name of a lock or a
/// variable without a record) and the sorted names of its fields. No line, path, address or index
/// of an array enters.
std::string fingerprint_of(std::string_view rule, std::string_view record,
                           std::vector<std::string> fields);

}  // namespace quarrel
