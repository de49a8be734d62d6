// How is a name written for a reader that the Rust compiler mangled?
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quarrel {

/// "_RNvMNtNtC3std4sync5mutex5Mutex4lock" -> "std::sync::mutex::Mutex::lock": a symbol of the "v0"
/// scheme (RFC 2603), with generic arguments, without disambiguators and constants. Nothing if the
/// text is no such symbol.
std::optional<std::string> rust_symbol_name(std::string_view symbol);

/// The legacy scheme of Rust is C++'s with a hash as last component and escapes for what C++ does
/// not allow: "app::_$LT$impl$GT$::get::h0123456789abcdef" -> "app::<impl>::get". The name comes
/// back as it is if it does not end with such a hash.
std::string without_rust_escapes(std::string_view demangled);

}  // namespace quarrel
