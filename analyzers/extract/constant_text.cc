// Which number is a constant expression, given only its text?
//
// A recursive descent over + - * / % << >> | and parentheses, whose names are looked up among the
// `#define`s and the constants of the translation unit. Conditional definitions of one macro that
// differ have no value here: the preprocessor knew which one counted, but libclang forgets it.
#include "extract/constant_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>

#include "extract/cursor.h"
#include "extract/text_place.h"

namespace quarrel {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::string_view kConstructive = "hardware_constructive_interference_size";

using Lookup = std::function<std::optional<uint64_t>(std::string_view)>;
using Value = std::optional<uint64_t>;

struct BinaryOperator {
  std::string_view text;
  int precedence;
  Value (*apply)(uint64_t, uint64_t);
};

constexpr BinaryOperator kOperators[] = {
    {"|", 1, [](uint64_t a, uint64_t b) -> Value { return a | b; }},
    {"<<", 2, [](uint64_t a, uint64_t b) -> Value { return b < 64 ? Value(a << b) : Value(); }},
    {">>", 2, [](uint64_t a, uint64_t b) -> Value { return b < 64 ? Value(a >> b) : Value(); }},
    {"+", 3, [](uint64_t a, uint64_t b) -> Value { return a + b; }},
    {"-", 3, [](uint64_t a, uint64_t b) -> Value { return a - b; }},
    {"*", 4, [](uint64_t a, uint64_t b) -> Value { return a * b; }},
    {"/", 4, [](uint64_t a, uint64_t b) -> Value { return b != 0 ? Value(a / b) : Value(); }},
    {"%", 4, [](uint64_t a, uint64_t b) -> Value { return b != 0 ? Value(a % b) : Value(); }},
};

class Parser {
 public:
  Parser(std::string_view text, const Lookup& lookup) : text_(text), lookup_(lookup) {}

  Value whole() {
    const Value value = binary(0);
    skip_blanks();
    return text_.empty() ? value : std::nullopt;
  }

 private:
  void skip_blanks() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_[0])))
      text_.remove_prefix(1);
  }

  Value binary(int precedence) {
    Value left = operand();
    while (left) {
      skip_blanks();
      const auto* found =
          std::find_if(std::begin(kOperators), std::end(kOperators),
                       [&](const BinaryOperator& each) { return text_.starts_with(each.text); });
      if (found == std::end(kOperators) || found->precedence <= precedence) break;
      text_.remove_prefix(found->text.size());
      const Value right = binary(found->precedence);
      left = right ? found->apply(*left, *right) : std::nullopt;
    }
    return left;
  }

  Value operand() {
    skip_blanks();
    if (text_.starts_with("::")) text_.remove_prefix(2);
    if (text_.starts_with("(")) return parenthesised();
    const std::string_view word = leading_word(text_);
    if (word.empty()) return std::nullopt;
    text_.remove_prefix(word.size());
    if (std::isdigit(static_cast<unsigned char>(word[0]))) return literal(word);
    // Of ns::kName the last part decides.
    if (text_.starts_with("::")) return operand();
    if (text_.starts_with("(") || text_.starts_with("<")) {
      const bool is_shift = text_.starts_with("<<");
      if (!is_shift) return std::nullopt;
    }
    return lookup_(word);
  }

  Value parenthesised() {
    const std::string_view inner = bracketed(text_);
    if (inner.empty()) return std::nullopt;
    text_.remove_prefix(inner.size() + 2);
    return Parser(inner, lookup_).whole();
  }

  static Value literal(std::string_view word) {
    const bool is_hex = word.starts_with("0x") || word.starts_with("0X");
    const bool is_octal = !is_hex && word.size() > 1 && word[0] == '0';
    if (is_hex) word.remove_prefix(2);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value,
                                              is_hex ? 16 : (is_octal ? 8 : 10));
    const std::string_view suffix = word.substr(static_cast<size_t>(end - word.data()));
    const bool is_plain = suffix.find_first_not_of("uUlLzZ") == std::string_view::npos;
    return error == std::errc() && is_plain ? Value(value) : std::nullopt;
  }

  std::string_view text_;
  const Lookup& lookup_;
};

using Macros = std::unordered_map<std::string_view, std::vector<std::string_view>>;

struct MacroFiles {
  CXTranslationUnit unit;
  Macros& macros;
  bool& mentions_constructive;
};

/// Enters the object-like macro that is defined behind a "define".
void add_macro(std::string_view rest, Macros& macros) {
  const size_t start = rest.find_first_not_of(" \t");
  if (start == 0 || start == std::string_view::npos) return;
  rest.remove_prefix(start);
  const std::string_view name = leading_word(rest);
  const std::string_view body = rest.substr(name.size(), rest.find('\n') - name.size());
  if (!name.empty() && (body.starts_with(' ') || body.starts_with('\t')))
    macros[name].push_back(body);
}

void add_macros_of(CXFile file, CXSourceLocation*, unsigned, CXClientData data) {
  static constexpr std::string_view kDefine = "define";
  auto& [unit, macros, mentions_constructive] = *static_cast<MacroFiles*>(data);
  // Asking clang whether a header is a system header costs a search through all it has read.
  if (take(clang_getFileName(file)).starts_with("/usr/")) return;
  const std::string_view text = text_of_file(unit, file);
  mentions_constructive |= text.find(kConstructive) != std::string_view::npos;
  for (size_t at = text.find(kDefine); at != std::string_view::npos; at = text.find(kDefine, at)) {
    at += kDefine.size();
    add_macro(text.substr(at), macros);
  }
}

std::vector<std::string_view> names_in(std::string_view text) {
  std::vector<std::string_view> names;
  while (!text.empty()) {
    const std::string_view word = leading_word(text);
    if (!word.empty()) names.push_back(word);
    text.remove_prefix(std::max<size_t>(word.size(), 1));
  }
  return names;
}

/// A declaration as it stands in its file.
std::string_view source_of(CXCursor declaration) {
  const CXTranslationUnit unit = clang_Cursor_getTranslationUnit(declaration);
  const CXSourceRange extent = clang_getCursorExtent(declaration);
  const TextPlace start = text_at_expansion(unit, clang_getRangeStart(extent));
  const TextPlace end = text_at_expansion(unit, clang_getRangeEnd(extent));
  if (start.content.data() != end.content.data() || end.offset < start.offset) return {};
  return start.rest().substr(0, end.offset - start.offset);
}

bool is_scope(CXCursor cursor) {
  switch (clang_getCursorKind(cursor)) {
    case CXCursor_Namespace:
    case CXCursor_LinkageSpec:
    case CXCursor_EnumDecl:
    case CXCursor_ClassTemplate:
      return true;
    default:
      return is_record(cursor);
  }
}

}  // namespace

Value ConstantText::value_of(std::string_view expression, int depth) {
  if (depth > kMaxDepth) return std::nullopt;
  const std::string tidy = tidy_text(expression);
  const Lookup lookup = [&](std::string_view name) { return value_of_name(name, depth); };
  return Parser(tidy, lookup).whole();
}

Value ConstantText::value_of_name(std::string_view name, int depth) {
  // clang's own value on x86-64, as the libraries define it.
  if (name.ends_with("structive_interference_size")) return 64;
  const auto known = names_.find(std::string(name));
  if (known != names_.end()) return known->second;
  names_[std::string(name)] = std::nullopt;  // ends a macro that names itself
  collect();
  Value value = value_of_macro(name, depth);
  if (!value) value = value_of_constant(name);
  names_[std::string(name)] = value;
  return value;
}

Value ConstantText::value_of_macro(std::string_view name, int depth) {
  const auto found = macros_.find(name);
  if (found == macros_.end()) return std::nullopt;
  Value value;
  for (std::string_view definition : found->second) {
    const Value each = value_of(definition, depth + 1);
    if (value && each != value) return std::nullopt;
    value = each;
  }
  return value;
}

Value ConstantText::value_of_constant(std::string_view name) const {
  const auto found = constants_.find(std::string(name));
  if (found == constants_.end()) return std::nullopt;
  const bool is_enumerator = clang_getCursorKind(found->second) == CXCursor_EnumConstantDecl;
  const long long number =
      is_enumerator ? clang_getEnumConstantDeclValue(found->second) : evaluate(found->second, -1);
  return number > 0 ? Value(static_cast<uint64_t>(number)) : std::nullopt;
}

bool ConstantText::is_constructive(std::string_view expression, int depth) {
  if (expression.find(kConstructive) != std::string_view::npos) return true;
  const bool has_name = expression.find_first_not_of("0123456789 ") != std::string_view::npos;
  if (!has_name || depth > kMaxDepth) return false;
  collect_macros();
  if (!mentions_constructive_) return false;
  collect();
  for (std::string_view name : names_in(expression)) {
    if (const auto macro = macros_.find(name); macro != macros_.end())
      for (std::string_view definition : macro->second)
        if (is_constructive(definition, depth + 1)) return true;
    const auto constant = constants_.find(std::string(name));
    if (constant != constants_.end() && is_constructive(source_of(constant->second), depth + 1))
      return true;
  }
  return false;
}

void ConstantText::collect() {
  if (is_collected_) return;
  is_collected_ = true;
  collect_macros();
  collect_constants(clang_getTranslationUnitCursor(unit_));
}

void ConstantText::collect_macros() {
  if (has_macros_) return;
  has_macros_ = true;
  MacroFiles files{unit_, macros_, mentions_constructive_};
  clang_getInclusions(unit_, add_macros_of, &files);
}

void ConstantText::collect_constants(CXCursor scope) {
  for (CXCursor child : children_of(scope)) {
    if (is_in_system_header(child)) continue;
    if (is_scope(child)) {
      collect_constants(child);
      continue;
    }
    const bool is_enumerator = clang_getCursorKind(child) == CXCursor_EnumConstantDecl;
    const bool is_constant = clang_getCursorKind(child) == CXCursor_VarDecl &&
                             clang_isConstQualifiedType(canonical(type_of(child))) != 0;
    if (is_enumerator || is_constant) constants_.try_emplace(spelling_of(child), child);
  }
}

}  // namespace quarrel
