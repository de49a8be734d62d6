// How did the sources look at another revision, with nothing of the user's tree touched?
#include "since/revision_tree.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/fd.h"

namespace quarrel {
namespace {

namespace fs = std::filesystem;

struct GitOutput {
  bool is_ok = false;
  std::string text;  ///< stdout and stderr
};

/// Words of the environment with some replaced, or removed if their new value is empty. What a git
/// hook sets would lead git to another repository.
std::vector<std::string> environment_with(std::map<std::string, std::string> changes) {
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}) changes.try_emplace(name);
  std::vector<std::string> words;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string word = *each;
    if (!changes.contains(word.substr(0, word.find('=')))) words.push_back(word);
  }
  for (const auto& [name, value] : changes)
    if (!value.empty()) words.push_back(name + "=" + value);
  return words;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<size_t>(count));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

GitOutput run_git(std::vector<std::string> arguments, const std::string& index = {}) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {};
  Fd reader(ends[0]), writer(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, writer.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclose(&actions, reader.get());
  arguments.insert(arguments.begin(), "git");
  std::map<std::string, std::string> changes;
  if (!index.empty()) changes["GIT_INDEX_FILE"] = index;
  std::vector<std::string> environment = environment_with(changes);
  pid_t child = 0;
  const int error = posix_spawnp(&child, "git", &actions, nullptr, pointers_to(arguments).data(),
                                 pointers_to(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  writer.reset();
  if (error != 0) return {.text = "git is not installed"};
  GitOutput output{.text = read_all(reader.get())};
  int status = 0;
  waitpid(child, &status, 0);
  output.is_ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return output;
}

bool is_below(const fs::path& path, const fs::path& folder) {
  if (folder.empty()) return false;
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

bool is_path(std::string_view word, std::string_view option) {
  if (!word.starts_with(option)) return false;
  word.remove_prefix(option.size());
  return !word.empty() && (option.empty() ? word[0] == '/' || word[0] == '.' : word[0] != '-');
}

/// Words that may stand before a path within one argument.
constexpr std::array<std::string_view, 7> kPathOptions = {
    "-I", "-iquote", "-isystem", "-include", "-imacros", "-idirafter", ""};

}  // namespace

Result<RevisionTree> RevisionTree::check_out(const std::string& root, const std::string& revision) {
  const GitOutput top = run_git({"-C", root, "rev-parse", "--show-toplevel"});
  if (!top.is_ok)
    return Error{fmt::format("--since: {} is in no git repository: {}", root, top.text)};
  const GitOutput commit =
      run_git({"-C", root, "rev-parse", "--verify", "--quiet", revision + "^{commit}"});
  if (!commit.is_ok)
    return Error{fmt::format("--since {}: no such revision in {}", revision, top.text)};
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "quarrel-since-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return Error{fmt::format("cannot create {}", folder)};
  RevisionTree tree;
  tree.folder_ = folder;
  tree.old_root_ = root;
  const std::string prefix = folder + "/tree/", index = folder + "/index";
  tree.root_ = (fs::path(prefix) / fs::path(root).lexically_relative(top.text)).lexically_normal();
  while (tree.root_.ends_with('/')) tree.root_.pop_back();
  const GitOutput read = run_git({"-C", top.text, "read-tree", commit.text}, index);
  const GitOutput written =
      read.is_ok ? run_git({"-C", top.text, "checkout-index", "-a", "--prefix=" + prefix}, index)
                 : read;
  if (!written.is_ok) return Error{fmt::format("--since {}: {}", revision, written.text)};
  return tree;
}

RevisionTree::RevisionTree(RevisionTree&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      root_(std::move(other.root_)),
      old_root_(std::move(other.old_root_)) {}

RevisionTree::~RevisionTree() {
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
}

std::string RevisionTree::moved(const std::string& argument, const std::string& directory,
                                const std::string& build_folder) const {
  for (const std::string_view option : kPathOptions) {
    if (!is_path(argument, option)) continue;
    const fs::path path = (fs::path(directory) / argument.substr(option.size())).lexically_normal();
    if (!is_below(path, old_root_)) continue;
    if (is_below(path, build_folder)) continue;
    const fs::path place = (fs::path(root_) / path.lexically_relative(old_root_));
    return std::string(option) + place.lexically_normal().string();
  }
  return argument;
}

std::vector<CompileCommand> RevisionTree::move(const std::vector<CompileCommand>& commands,
                                               const std::string& build_folder) const {
  // A database beside the sources (of bear, say) makes the tree no build folder.
  const std::string build = is_below(old_root_, build_folder) ? "" : build_folder;
  std::vector<CompileCommand> result;
  std::error_code error;
  for (const CompileCommand& command : commands) {
    CompileCommand copy{.directory = moved(command.directory, "/", build),
                        .file = moved(command.file, "/", build)};
    if (!fs::exists(copy.file, error)) continue;
    for (const std::string& argument : command.arguments)
      copy.arguments.push_back(moved(argument, command.directory, build));
    result.push_back(std::move(copy));
  }
  return result;
}

}  // namespace quarrel
