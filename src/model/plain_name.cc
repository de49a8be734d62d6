// How is a qualified C++ name written so that source, debug information and symbols agree?
#include "model/plain_name.h"

#include <string_view>

namespace quarrel {
namespace {

constexpr std::string_view kLambda = "(lambda)";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Replaces "{lambda(...)#1}" or "<lambda(...)>", given how it starts, up to the bracket after the
/// parameters.
void replace_lambdas(std::string& text, std::string_view start, char close) {
  for (size_t at = 0; (at = text.find(start, at)) != std::string::npos; at += kLambda.size()) {
    int depth = 0;
    size_t end = at + start.size() - 1;
    for (; end < text.size(); ++end) {
      if (text[end] == '(') ++depth;
      if (text[end] == ')') --depth;
      if (text[end] == close && depth == 0) break;
    }
    if (end >= text.size()) return;
    text.replace(at, end + 1 - at, kLambda);
  }
}

}  // namespace

std::string plain_name(std::string name) {
  replace_all(name, "(anonymous namespace)::", "");
  replace_lambdas(name, "{lambda(", '}');
  replace_lambdas(name, "<lambda(", '>');
  // An unnamed class with a call operator is a lambda in all but contrived code.
  replace_all(name, "{unnamed}::operator()", kLambda);
  replace_all(name, "(lambda)::operator()", kLambda);
  return name;
}

}  // namespace quarrel
