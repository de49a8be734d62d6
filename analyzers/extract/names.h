// What is a declaration called, in words that do not depend on the machine?
#pragma once

#include <clang-c/Index.h>

#include <string>

namespace quarrel {

/// The canonical spelling of a type without tag keywords ("struct ") and without the absolute
/// paths that clang writes into the names of lambdas and unnamed records.
std::string type_name(CXType type);

/// "ns::Record<int>::field", "main::counter", "f". Records carry their template arguments.
std::string qualified_name(CXCursor declaration);

/// Replaces "(lambda at FILE:L:C)" by "(lambda)", and unnamed records alike.
std::string without_paths(std::string text);

/// Removes the keywords class, struct, union and enum before names, as C and -fdump-record-layouts
/// spell them.
std::string without_tags(const std::string& text);

}  // namespace quarrel
