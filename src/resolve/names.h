// How is a mangled or verbose C++ name written for a reader?
#pragma once

#include <string>
#include <string_view>

namespace quarrel {

/// Control characters become '?', and very long names are cut: names come from untrusted files.
std::string clean_name(std::string_view name);

/// "std::__cxx11::basic_string<char, ...>" -> "std::string"; default allocators, comparators,
/// hashes and deleters of templates are left out; "> >" -> ">>"; plain_name() of the rest.
std::string shorten_type(std::string_view type);

/// "_ZN11RateLimiter7acquireEi" -> "RateLimiter::acquire": demangled, without parameters, return
/// type and qualifiers, shortened. A name that is not mangled is only cleaned.
std::string function_name(std::string_view symbol);

/// Demangled and shortened name of a variable.
std::string variable_name(std::string_view symbol);

/// "a::b<c::d>::e" -> "e"; the last component outside of template arguments.
std::string_view last_component(std::string_view name);

}  // namespace quarrel
