// How does the command line of some compiler become arguments for libclang?
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "extract/compile_database.h"
#include "extract/layout_dump.h"

namespace quarrel {
namespace {

/// Options that make files, whose value is the next word.
constexpr std::array<std::string_view, 8> kDropWithValue = {"-o",  "-MF",      "-MT", "-MQ",
                                                            "-MJ", "-Xlinker", "-z",  "--param"};

/// Options that make files, stop the parse, or that only gcc knows.
constexpr std::array<std::string_view, 24> kDropByPrefix = {"-c",
                                                            "-M",
                                                            "-Werror",
                                                            "-pedantic-errors",
                                                            "-save-temps",
                                                            "-fsyntax-only",
                                                            "-Wl,",
                                                            "-Wa,",
                                                            "-fdump-",
                                                            "-fplugin",
                                                            "-fprofile",
                                                            "-fcoverage",
                                                            "-ftest-coverage",
                                                            "-fno-canonical-system",
                                                            "-fmodules-ts",
                                                            "-fmodule-mapper",
                                                            "-fdeps-",
                                                            "-fconcepts",
                                                            "-fanalyzer",
                                                            "-flto",
                                                            "-fuse-ld",
                                                            "-ffile-prefix-map",
                                                            "-fmacro-prefix-map",
                                                            "-specs"};

bool is_dropped(std::string_view word) {
  return std::any_of(kDropByPrefix.begin(), kDropByPrefix.end(), [&](std::string_view prefix) {
    // "-c" is a word of its own; "-coverage" and the like do not matter to a parse either.
    return word.starts_with(prefix);
  });
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

std::vector<std::string> compiler_arguments(const std::vector<std::string>& command,
                                            const std::string& file) {
  // ccache and distcc stand before the compiler.
  const size_t compiler = command.size() > 1 && !command[1].starts_with("-") &&
                                  (command[0].ends_with("ccache") || command[0].ends_with("distcc"))
                              ? 1
                              : 0;
  const bool is_cpp = !command.empty() && command[compiler].find("++") != std::string::npos;
  std::vector<std::string> kept = {is_cpp ? "clang++" : "clang"};
  for (size_t i = compiler + 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (std::find(kDropWithValue.begin(), kDropWithValue.end(), word) != kDropWithValue.end()) {
      ++i;
      continue;
    }
    if (word == file || word == "--" || is_dropped(word)) continue;
    kept.push_back(word);
  }
  for (const char* word : {"-resource-dir", QUARREL_RESOURCE_DIR, "-Wno-everything",
                           "-Wno-unknown-warning-option", "-Qunused-arguments", "-ferror-limit=0"})
    kept.emplace_back(word);
  for (const char* word : kLayoutDumpFlags) kept.emplace_back(word);
  return kept;
}

}  // namespace quarrel
