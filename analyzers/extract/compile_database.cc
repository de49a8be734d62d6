// Which translation units does a build have, and how are they compiled?
#include "extract/compile_database.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "extract/source_files.h"

namespace quarrel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kName = "compile_commands.json";
constexpr const char* kHowToMake =
    "make one with 'cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -B build' or 'bear -- make', and name "
    "its folder with -p";

/// The build folder that has a database: ./build*/, one level below it (presets), then `.`.
std::optional<fs::path> search_database() {
  std::vector<fs::path> candidates;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(".", error)) {
    if (!entry.is_directory(error) || !entry.path().filename().string().starts_with("build"))
      continue;
    candidates.push_back(entry.path() / kName);
    for (const auto& inner : fs::directory_iterator(entry.path(), error))
      if (inner.is_directory(error)) candidates.push_back(inner.path() / kName);
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.push_back(kName);
  for (const fs::path& candidate : candidates)
    if (fs::exists(candidate, error)) return candidate;
  return std::nullopt;
}

Result<fs::path> locate(const std::string& directory) {
  if (directory.empty()) {
    if (auto found = search_database()) return *found;
    return Error{std::string("no ") + kName + " in build*/ or in the current folder; " +
                 kHowToMake};
  }
  const fs::path given(directory);
  std::error_code error;
  const fs::path path = fs::is_directory(given, error) ? given / kName : given;
  if (fs::exists(path, error)) return path;
  return Error{path.string() + " does not exist; " + kHowToMake};
}

std::string text_of(const json& entry, const char* key) {
  auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> command_of(const json& entry) {
  auto arguments = entry.find("arguments");
  if (arguments == entry.end() || !arguments->is_array())
    return split_command(text_of(entry, "command"));
  std::vector<std::string> words;
  for (const json& word : *arguments)
    if (word.is_string()) words.push_back(word.get<std::string>());
  return words;
}

/// nullopt for entries that are no translation unit of C or C++: bear records the compiler's own
/// `-cc1` calls too.
std::optional<CompileCommand> parse_entry(const json& entry, const fs::path& database) {
  if (!entry.is_object()) return std::nullopt;
  const std::string file = text_of(entry, "file");
  const std::vector<std::string> words = command_of(entry);
  if (file.empty() || words.empty()) return std::nullopt;
  if (std::find(words.begin(), words.end(), "-cc1") != words.end()) return std::nullopt;
  const std::string extension = fs::path(file).extension().string();
  if (extension == ".S" || extension == ".s" || extension == ".asm") return std::nullopt;
  const fs::path directory = database.parent_path() / text_of(entry, "directory");
  return CompileCommand{
      .directory = real_path(directory.string()),
      .file = real_path((directory / file).string()),
      .arguments = compiler_arguments(words),
  };
}

Result<std::vector<CompileCommand>> parse_database(const fs::path& path, const json& entries) {
  // A file that is compiled twice (static and shared library) is one translation unit here.
  std::map<std::string, CompileCommand> by_file;
  const fs::path absolute = fs::absolute(path);
  for (const json& entry : entries)
    if (auto command = parse_entry(entry, absolute))
      by_file.try_emplace(command->file, std::move(*command));
  if (by_file.empty()) return Error{path.string() + " has no usable entry; " + kHowToMake};
  std::vector<CompileCommand> commands;
  for (auto& [file, command] : by_file) commands.push_back(std::move(command));
  return commands;
}

}  // namespace

Result<std::vector<CompileCommand>> read_compile_database(const std::string& directory) {
  TRY(const fs::path path, locate(directory));
  std::ifstream stream(path);
  if (!stream) return Error{"cannot read " + path.string()};
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return parse_compile_database(text, path.string());
}

Result<std::vector<CompileCommand>> parse_compile_database(const std::string& text,
                                                           const std::string& path) {
  const json entries = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (entries.is_discarded() || !entries.is_array())
    return Error{path + " is not a JSON array of compile commands; " + kHowToMake};
  return parse_database(path, entries);
}

Result<std::string> find_build_folder(const std::string& directory) {
  TRY(const fs::path path, locate(directory));
  return real_path(path.parent_path().empty() ? "." : path.parent_path().string());
}

Result<std::vector<CompileCommand>> restrict_to(std::vector<CompileCommand> commands,
                                                const std::vector<std::string>& paths) {
  if (paths.empty()) return commands;
  std::vector<bool> is_wanted(commands.size(), false);
  for (const std::string& path : paths) {
    const std::string real = real_path(path);
    bool is_matched = false;
    for (size_t i = 0; i < commands.size(); ++i) {
      const bool matches = commands[i].file == real || commands[i].file.starts_with(real + "/");
      is_wanted[i] = is_wanted[i] || matches;
      is_matched |= matches;
    }
    if (!is_matched) return Error{path + ": no translation unit of the compilation database"};
  }
  std::vector<CompileCommand> wanted;
  for (size_t i = 0; i < commands.size(); ++i)
    if (is_wanted[i]) wanted.push_back(std::move(commands[i]));
  return wanted;
}

}  // namespace quarrel
