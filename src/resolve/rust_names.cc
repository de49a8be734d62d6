// How is a name written for a reader that the Rust compiler mangled?
#include "resolve/rust_names.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

namespace quarrel {
namespace {

// Symbols are untrusted: back references nest, and each may repeat the text that it refers to. This
// is why no library reads them: libiberty 20230104 makes 400 MB of a symbol of 235 bytes.
constexpr int kMaxNesting = 64;
constexpr size_t kMaxLength = 4096;

constexpr std::pair<char, std::string_view> kBasicTypes[] = {
    {'a', "i8"},   {'b', "bool"},  {'c', "char"},  {'d', "f64"}, {'e', "str"}, {'f', "f32"},
    {'h', "u8"},   {'i', "isize"}, {'j', "usize"}, {'l', "i32"}, {'m', "u32"}, {'n', "i128"},
    {'o', "u128"}, {'p', "_"},     {'s', "i16"},   {'t', "u16"}, {'u', "()"},  {'v', "..."},
    {'x', "i64"},  {'y', "u64"},   {'z', "!"}};

std::string_view basic_type(char tag) {
  const auto* known =
      std::ranges::find(kBasicTypes, tag, &std::pair<char, std::string_view>::first);
  return known == std::end(kBasicTypes) ? std::string_view() : known->second;
}

// The grammar of RFC 2603, one function a rule. Whatever does not fit makes ok_ false for good.
class SymbolReader {
 public:
  explicit SymbolReader(std::string_view text) : text_(text) {}

  std::optional<std::string> read() {
    path(0);
    if (!ok_ || out_.empty()) return std::nullopt;
    return std::move(out_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char wanted) {
    if (!ok_ || peek() != wanted) return false;
    ++at_;
    return true;
  }

  void fail() { ok_ = false; }

  void write(std::string_view part) {
    if (is_silent_) return;
    out_ += part;
    if (out_.size() > kMaxLength) fail();
  }

  uint64_t base62() {
    if (take('_')) return 0;
    uint64_t value = 0;
    while (ok_ && peek() != '_') {
      const char digit = peek();
      ++at_;
      value *= 62;
      if (std::isdigit(static_cast<unsigned char>(digit)) != 0)
        value += digit - '0';
      else if (std::islower(static_cast<unsigned char>(digit)) != 0)
        value += digit - 'a' + 10;
      else if (std::isupper(static_cast<unsigned char>(digit)) != 0)
        value += digit - 'A' + 36;
      else
        fail();
    }
    take('_');
    return value + 1;
  }

  uint64_t optional_base62(char tag) { return take(tag) ? base62() + 1 : 0; }

  std::string_view identifier() {
    optional_base62('s');
    take('u');  // punycode: shown as it is
    uint64_t length = 0;
    if (std::isdigit(static_cast<unsigned char>(peek())) == 0) fail();
    while (std::isdigit(static_cast<unsigned char>(peek())) != 0 && length < kMaxLength) {
      length = length * 10 + static_cast<uint64_t>(peek() - '0');
      ++at_;
    }
    take('_');
    if (!ok_ || length > text_.size() - at_) {
      fail();
      return {};
    }
    const std::string_view name = text_.substr(at_, length);
    at_ += length;
    return name;
  }

  // Reads what stands elsewhere in the symbol with `read`, then goes on here.
  template <class Read>
  void follow(Read read) {
    const size_t target = base62();
    if (!ok_ || target >= at_) return fail();
    if (is_silent_) return;
    const size_t back = std::exchange(at_, target);
    read();
    at_ = back;
  }

  template <class Read>
  void silently(Read read) {
    const bool was_silent = std::exchange(is_silent_, true);
    read();
    is_silent_ = was_silent;
  }

  void path(int level) {
    if (!ok_ || level > kMaxNesting) return fail();
    if (take('C')) return write(identifier());
    if (take('B')) return follow([&] { path(level + 1); });
    if (take('N')) return nested(level);
    if (take('I')) return with_arguments(level);
    if (take('M')) return implementation(level, false);
    if (take('X')) return implementation(level, true);
    if (!take('Y')) return fail();
    trait_of_type(level);
  }

  void nested(int level) {
    const char space = peek();
    ++at_;
    path(level + 1);
    const std::string_view name = identifier();
    if (space == 'C') return write("::{closure}");
    if (name.empty()) return;
    write("::");
    write(name);
  }

  // Of an inherent method the type says more than the module with the impl block.
  void implementation(int level, bool has_trait) {
    silently([&] {
      optional_base62('s');
      path(level + 1);
    });
    if (has_trait) return trait_of_type(level);
    type(level + 1);
  }

  void trait_of_type(int level) {
    write("<");
    type(level + 1);
    write(" as ");
    path(level + 1);
    write(">");
  }

  void with_arguments(int level) {
    path(level + 1);
    write("<");
    list([&] { argument(level + 1); });
    write(">");
  }

  // `one` again and again up to an 'E', with commas between.
  template <class One>
  void list(One one) {
    for (size_t i = 0; ok_ && !take('E'); ++i) {
      if (at_ >= text_.size()) return fail();
      if (i > 0) write(", ");
      one();
    }
  }

  void argument(int level) {
    if (take('L')) {
      base62();
      return write("'_");
    }
    if (take('K')) return constant(level);
    type(level);
  }

  void constant(int level) {
    if (!ok_ || level > kMaxNesting || at_ >= text_.size()) return fail();
    if (take('B')) return follow([&] { constant(level + 1); });
    if (take('p')) return write("_");
    ++at_;  // its type, a basic one
    const size_t start = at_;
    while (at_ < text_.size() && peek() != '_') ++at_;
    write("0x");
    write(text_.substr(start, at_ - start));
    take('_');
  }

  void pointer(std::string_view prefix, int level) {
    if (take('L')) base62();
    write(prefix);
    type(level + 1);
  }

  void type(int level) {
    if (!ok_ || level > kMaxNesting) return fail();
    if (const auto name = basic_type(peek()); !name.empty()) {
      ++at_;
      return write(name);
    }
    if (take('R')) return pointer("&", level);
    if (take('Q')) return pointer("&mut ", level);
    if (take('P')) return pointer("*const ", level);
    if (take('O')) return pointer("*mut ", level);
    if (take('S')) return bracketed(level, false);
    if (take('A')) return bracketed(level, true);
    if (take('T')) {
      write("(");
      list([&] { type(level + 1); });
      return write(")");
    }
    if (take('F')) return function(level);
    if (take('D')) return dynamic(level);
    if (take('B')) return follow([&] { type(level + 1); });
    path(level + 1);
  }

  void bracketed(int level, bool has_length) {
    write("[");
    type(level + 1);
    if (has_length) silently([&] { constant(level + 1); });
    write("]");
  }

  void function(int level) {
    optional_base62('G');
    take('U');
    if (take('K') && !take('C')) identifier();
    write("fn(");
    list([&] { type(level + 1); });
    write(")");
    silently([&] { type(level + 1); });
  }

  void dynamic(int level) {
    optional_base62('G');
    write("dyn ");
    list([&] {
      path(level + 1);
      while (take('p')) {
        silently([&] {
          identifier();
          type(level + 1);
        });
      }
    });
    if (take('L')) base62();
  }

  std::string_view text_;
  size_t at_ = 0;
  bool ok_ = true;
  bool is_silent_ = false;
  std::string out_;
};

constexpr std::pair<std::string_view, std::string_view> kEscapes[] = {
    {"$SP$", "@"},  {"$BP$", "*"},  {"$RF$", "&"},   {"$LT$", "<"},  {"$GT$", ">"},
    {"$LP$", "("},  {"$RP$", ")"},  {"$C$", ","},    {"$u20$", " "}, {"$u27$", "'"},
    {"$u5b$", "["}, {"$u5d$", "]"}, {"$u7b$", "{"},  {"$u7d$", "}"}, {"$u7e$", "~"},
    {"$u3b$", ";"}, {"$u2b$", "+"}, {"$u22$", "\""}, {"..", "::"}};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// "::h0123456789abcdef"
bool ends_with_hash(std::string_view name) {
  constexpr size_t kHashLength = 16;
  if (name.size() < kHashLength + 3) return false;
  const std::string_view hash = name.substr(name.size() - kHashLength);
  return name.substr(name.size() - kHashLength - 3, 3) == "::h" &&
         std::ranges::all_of(
             hash, [](unsigned char c) { return std::isdigit(c) != 0 || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::optional<std::string> rust_symbol_name(std::string_view symbol) {
  if (!symbol.starts_with("_R") || symbol.size() > kMaxLength) return std::nullopt;
  return SymbolReader(symbol.substr(2)).read();
}

std::string without_rust_escapes(std::string_view demangled) {
  if (!ends_with_hash(demangled)) return std::string(demangled);
  constexpr size_t kSuffix = 19;
  std::string name(demangled.substr(0, demangled.size() - kSuffix));
  // A component that starts with an escape gets an underscore before it.
  replace_all(name, "::_$", "::$");
  if (name.starts_with("_$")) name.erase(0, 1);
  for (auto [escape, meaning] : kEscapes) replace_all(name, escape, meaning);
  replace_all(name, "{{closure}}", "{closure}");
  return name;
}

}  // namespace quarrel
