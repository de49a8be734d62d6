// How does the command line of some compiler become arguments for libclang?
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "extract/compile_database.h"
#include "extract/layout_dump.h"

namespace quarrel {
namespace {

/// What changes how a source is read: macros, search paths, the language. With the value attached,
/// or in the next word.
constexpr std::array<std::string_view, 23> kWithValue = {
    "-D",       "-U",      "-I",         "-F",        "-include",      "-imacros",
    "-isystem", "-iquote", "-idirafter", "-iprefix",  "-iwithprefix",  "-isysroot",
    "-x",       "-target", "--target",   "--sysroot", "-cxx-isystem",  "-iframework",
    "-stdlib",  "-std",    "--std",      "-arch",     "-gcc-toolchain"};

constexpr std::array<std::string_view, 10> kAlone = {
    "-nostdinc", "-nostdinc++", "-nostdlibinc", "-nobuiltininc", "-ansi",
    "-pthread",  "-undef",      "-trigraphs",   "-iwithsysroot", "--gcc-toolchain"};

/// Of -f and -m, with or without "no-", only what changes types, layouts, macros or the language:
/// gcc has many more, and each that clang does not know is an error.
constexpr std::array<std::string_view, 41> kFeatures = {"short-enums",
                                                        "short-wchar",
                                                        "pack-struct",
                                                        "signed-char",
                                                        "unsigned-char",
                                                        "signed-bitfields",
                                                        "unsigned-bitfields",
                                                        "exceptions",
                                                        "cxx-exceptions",
                                                        "rtti",
                                                        "ms-extensions",
                                                        "ms-compatibility",
                                                        "plan9-extensions",
                                                        "permissive",
                                                        "gnu-keywords",
                                                        "gnu89-inline",
                                                        "openmp",
                                                        "builtin",
                                                        "freestanding",
                                                        "hosted",
                                                        "coroutines",
                                                        "blocks",
                                                        "char8_t",
                                                        "constexpr-",
                                                        "template-depth",
                                                        "aligned-",
                                                        "sized-deallocation",
                                                        "declspec",
                                                        "PIC",
                                                        "pic",
                                                        "PIE",
                                                        "pie",
                                                        "fast-math",
                                                        "lax-vector-conversions",
                                                        "modules",
                                                        "module-",
                                                        "implicit-module",
                                                        "delayed-template-parsing",
                                                        "asm",
                                                        "threadsafe-statics",
                                                        "bracket-depth"};

constexpr std::array<std::string_view, 39> kMachine = {
    "arch=",     "cpu=",        "32",
    "64",        "x32",         "sse",
    "avx",       "mmx",         "fma",
    "bmi",       "popcnt",      "lzcnt",
    "rtm",       "waitpkg",     "cx16",
    "aes",       "pclmul",      "f16c",
    "sha",       "rdrnd",       "rdseed",
    "clflush",   "clwb",        "movdir",
    "cldemote",  "pku",         "shstk",
    "float-abi", "fpu=",        "thumb",
    "arm",       "long-double", "general-regs-only",
    "abi=",      "crc32",       "sahf",
    "movbe",     "adx",         "prfchw"};

template <size_t N>
bool starts_with_any(std::string_view word, const std::array<std::string_view, N>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return word.starts_with(prefix); });
}

/// `word` is one of -fX, -fno-X for an X that matters; of a machine option likewise.
bool is_feature(std::string_view word) {
  const bool is_machine = word.starts_with("-m");
  if (!is_machine && !word.starts_with("-f")) return false;
  word.remove_prefix(2);
  if (word.starts_with("no-")) word.remove_prefix(3);
  // The model of a module and other things of gcc alone.
  if (word.starts_with("modules-ts") || word.starts_with("module-mapper")) return false;
  return is_machine ? starts_with_any(word, kMachine) : starts_with_any(word, kFeatures);
}

/// Words for clang's inner command line count as what they are; CMake passes an -include that way.
std::vector<std::string> without_xclang(std::vector<std::string> command) {
  std::erase(command, "-Xclang");
  return command;
}

/// How many words the option at `at` takes if it is to be kept; 0: it is dropped.
size_t words_to_keep(const std::vector<std::string>& command, size_t at) {
  const std::string& word = command[at];
  if (word == "-include-pch") return 0;
  if (std::find(kAlone.begin(), kAlone.end(), word) != kAlone.end()) return 1;
  const bool is_whole = std::find(kWithValue.begin(), kWithValue.end(), word) != kWithValue.end();
  if (is_whole) return at + 1 < command.size() ? 2 : 0;
  // -O decides on __OPTIMIZE__ and on what headers declare inline.
  if (word.starts_with("-O") || is_feature(word)) return 1;
  return starts_with_any(word, kWithValue) ? 1 : 0;
}

/// Options whose value is the next word and not a file of ours: both go.
bool is_dropped_with_value(const std::string& word) {
  static constexpr std::array<std::string_view, 12> kDropped = {
      "-o",          "-MF", "-MT", "-MQ",     "-MJ", "-Xlinker",
      "-Xassembler", "-z",  "-T",  "--param", "-u",  "-include-pch"};
  return std::find(kDropped.begin(), kDropped.end(), word) != kDropped.end();
}

/// Splits like a shell: state of one scan over the text.
struct Splitter {
  std::vector<std::string> words;
  std::string word;
  bool has_word = false;

  void finish_word() {
    if (has_word) words.push_back(std::move(word));
    word.clear();
    has_word = false;
  }
};

size_t copy_quoted(const std::string& text, size_t at, Splitter& splitter) {
  const char quote = text[at++];
  splitter.has_word = true;
  while (at < text.size() && text[at] != quote) {
    const bool is_escape = quote == '"' && text[at] == '\\' && at + 1 < text.size();
    if (is_escape) ++at;
    splitter.word += text[at++];
  }
  return at + 1;
}

/// Code that asks for OpenMP is kept, but its regions are read as ordinary statements.
bool asks_for_openmp(std::string_view word) {
  return word.starts_with("-fopenmp") || word == "-qopenmp";
}

}  // namespace

std::vector<std::string> split_command(const std::string& command) {
  Splitter splitter;
  for (size_t at = 0; at < command.size();) {
    const char c = command[at];
    if (c == '\'' || c == '"') {
      at = copy_quoted(command, at, splitter);
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\n') {
      splitter.finish_word();
    } else {
      if (c == '\\' && at + 1 < command.size()) ++at;
      splitter.has_word = true;
      splitter.word += command[at];
    }
    ++at;
  }
  splitter.finish_word();
  return std::move(splitter.words);
}

std::vector<std::string> compiler_arguments(const std::vector<std::string>& given) {
  const std::vector<std::string> command = without_xclang(given);
  // ccache and distcc stand before the compiler.
  const size_t compiler = command.size() > 1 && !command[1].starts_with("-") &&
                                  (command[0].ends_with("ccache") || command[0].ends_with("distcc"))
                              ? 1
                              : 0;
  const bool is_cpp = !command.empty() && command[compiler].find("++") != std::string::npos;
  std::vector<std::string> kept = {is_cpp ? "clang++" : "clang"};
  for (size_t i = compiler + 1; i < command.size();) {
    if (asks_for_openmp(command[i])) {
      kept.emplace_back("-D_OPENMP=201511");
      ++i;
      continue;
    }
    const size_t count = words_to_keep(command, i);
    for (size_t kept_words = 0; kept_words < count; ++kept_words) kept.push_back(command[i++]);
    if (count == 0) i += is_dropped_with_value(command[i]) ? 2 : 1;
  }
  for (const char* word : {"-resource-dir", QUARREL_RESOURCE_DIR, "-Wno-everything",
                           "-Wno-unknown-warning-option", "-Qunused-arguments", "-ferror-limit=0"})
    kept.emplace_back(word);
  for (const char* word : kLayoutDumpFlags) kept.emplace_back(word);
  return kept;
}

}  // namespace quarrel
