// How does the small executable reach the one that carries libclang?
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "commands/command.h"
#include "commands/rendering.h"

namespace quarrel {
namespace {

constexpr const char* kScanner = "quarrel-scan";

/// The scanner beside this executable, or the plain name, for a search in PATH.
std::string scanner_path() {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = own.parent_path() / kScanner;
  return !error && std::filesystem::exists(beside, error) ? beside.string() : kScanner;
}

int run(const std::vector<std::string>& arguments) {
  const std::string path = scanner_path();
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execvp(path.c_str(), argv.data());
  return fail("scan", fmt::format("cannot run {}: {}; it comes in the package quarrel-scan "
                                  "(quarrel alone stays free of LLVM)",
                                  kScanner, std::strerror(errno)));
}

const Registration<Command> kScan{{
    "scan",
    {.name = "scan",
     .summary = "Find false sharing and mixed access in source code (see quarrel scan --help)",
     .forwards_arguments = true},
    run,
}};

}  // namespace
}  // namespace quarrel
