// How is a mangled or verbose C++ name written for a reader?
#include "resolve/names.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "model/plain_name.h"
#include "resolve/rust_names.h"

namespace quarrel {
namespace {

constexpr size_t kMaxNameLength = 4096;

// GCC's names of the integer types, longest first, and what everybody else writes.
constexpr std::pair<std::string_view, std::string_view> kIntegerNames[] = {
    {"long long unsigned int", "unsigned long long"}, {"long long int", "long long"},
    {"long unsigned int", "unsigned long"},           {"long int", "long"},
    {"short unsigned int", "unsigned short"},         {"short int", "short"}};

struct Free {
  void operator()(char* text) const { std::free(text); }
};

std::string demangle(std::string_view symbol) {
  std::string name(symbol);
  if (!symbol.starts_with("_Z") || symbol.size() > kMaxNameLength) return clean_name(name);
  int status = 0;
  std::unique_ptr<char, Free> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status));
  return clean_name(status == 0 && text ? text.get() : name);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// Position after the '>' that closes the '<' at `open`, or npos.
size_t end_of_arguments(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    if (text[at] == '<') ++depth;
    if (text[at] == '>' && at > 0 && text[at - 1] != '-' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

void drop_default_arguments(std::string& text) {
  for (std::string_view trait : {", std::char_traits<", ", std::allocator<", ", std::less<",
                                 ", std::hash<", ", std::equal_to<", ", std::default_delete<"}) {
    for (size_t at = 0; (at = text.find(trait, at)) != std::string::npos;) {
      size_t end = end_of_arguments(text, at + trait.size() - 1);
      if (end == std::string::npos) break;
      text.erase(at, end - at);
    }
  }
}

bool strip_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

// "main.cold" -> "main": parts and clones that GCC and clang split off, named after the function.
void strip_clone_suffix(std::string& text) {
  for (std::string_view mark : {".cold", ".part.", ".isra.", ".constprop.", ".lto_priv.", ".llvm."})
    if (size_t at = text.find(mark); at != std::string::npos && at > 0) text.resize(at);
}

void strip_qualifiers(std::string& text) {
  if (size_t clone = text.find(" [clone "); clone != std::string::npos) text.resize(clone);
  while (strip_suffix(text, " const") || strip_suffix(text, " volatile") ||
         strip_suffix(text, " &") || strip_suffix(text, " &&") || strip_suffix(text, "&")) {
  }
}

// Removes "(int, void (*)(char))" at the end.
void strip_parameters(std::string& text) {
  if (!text.ends_with(')')) return;
  int depth = 0;
  for (size_t at = text.size(); at-- > 0;) {
    if (text[at] == ')') ++depth;
    if (text[at] == '(' && --depth == 0) {
      if (at > 0 && !text.substr(at).starts_with("(anonymous")) text.resize(at);
      return;
    }
  }
}

// Where an operator's own name starts ("operator<", "operator bool"), or the end.
size_t operator_at(const std::string& text) {
  size_t at = text.rfind("operator");
  if (at == std::string::npos || (at > 0 && text[at - 1] != ':' && text[at - 1] != ' '))
    return text.size();
  return at;
}

// Removes the return type that the demangler puts before templates: the last space outside of any
// bracket ends it.
void strip_return_type(std::string& text) {
  size_t end = operator_at(text);
  size_t start = 0;
  int depth = 0;
  for (size_t at = 0; at < end; ++at) {
    char c = text[at];
    if (c == '<' || c == '(' || c == '{' || c == '[') ++depth;
    if (c == ')' || c == '}' || c == ']' || (c == '>' && at > 0 && text[at - 1] != '-')) --depth;
    if (c == ' ' && depth == 0) start = at + 1;
  }
  text.erase(0, start);
}

}  // namespace

std::string clean_name(std::string_view name) {
  std::string text(name.substr(0, kMaxNameLength));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::string shorten_type(std::string_view type) {
  std::string text = plain_name(std::string(type));
  for (auto [gcc, usual] : kIntegerNames) replace_all(text, gcc, usual);
  replace_all(text, "std::__cxx11::", "std::");
  replace_all(text, "std::__1::", "std::");
  drop_default_arguments(text);
  while (text.find(" >") != std::string::npos) replace_all(text, " >", ">");
  replace_all(text, "std::basic_string<char>", "std::string");
  replace_all(text, "std::basic_string_view<char>", "std::string_view");
  return text;
}

std::string function_name(std::string_view symbol) {
  if (auto rust = rust_symbol_name(symbol)) return clean_name(*rust);
  std::string text = demangle(symbol);
  if (std::string rust = without_rust_escapes(text); rust.size() < text.size()) return rust;
  if (!symbol.starts_with("_Z")) {
    strip_clone_suffix(text);
    return text;
  }
  strip_qualifiers(text);
  strip_parameters(text);
  strip_return_type(text);
  return shorten_type(text);
}

std::string variable_name(std::string_view symbol) {
  if (auto rust = rust_symbol_name(symbol)) return clean_name(*rust);
  return shorten_type(without_rust_escapes(demangle(symbol)));
}

std::string_view last_component(std::string_view name) {
  int depth = 0;
  size_t start = 0;
  for (size_t at = 0; at + 1 < name.size(); ++at) {
    if (name[at] == '<' || name[at] == '(') ++depth;
    if (name[at] == '>' || name[at] == ')') --depth;
    if (depth == 0 && name[at] == ':' && name[at + 1] == ':') start = at + 2;
  }
  return name.substr(start);
}

}  // namespace quarrel
