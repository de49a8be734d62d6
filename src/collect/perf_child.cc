// How does perf run beside a recording, and end with it?
#include "collect/perf_child.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "collect/proc_text.h"

namespace quarrel {
namespace {

constexpr int kCannotRun = 127;

/// In the child: everything here is allowed between fork and exec.
[[noreturn]] void become(const std::vector<char*>& arguments, const char* log) {
  ::prctl(PR_SET_PDEATHSIG, SIGINT);
  ::setpgid(0, 0);  // Ctrl-C is for us: we tell it when to stop
  const int null = ::open("/dev/null", O_RDWR);
  const int words = ::open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(null, 0);
  ::dup2(words, 1);
  ::dup2(words, 2);
  ::execv(arguments[0], arguments.data());
  ::_exit(kCannotRun);
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, end)) + "/" + name;
    if (end > 0 && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "";
}

PerfChild::~PerfChild() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<void> PerfChild::start(std::vector<std::string> command) {
  std::string folder = std::filesystem::temp_directory_path().string() + "/quarrel-perf-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr)
    return Error{fmt::format("making a folder {}: {}", folder, std::strerror(errno))};
  folder_ = folder;
  std::vector<char*> arguments;
  for (std::string& word : command) {
    if (word == "@OUTPUT@") word = output();
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const std::string log = folder_ + "/log";
  pid_ = ::fork();
  if (pid_ < 0) return Error{fmt::format("starting {}: {}", command[0], std::strerror(errno))};
  if (pid_ == 0) become(arguments, log.c_str());
  return {};
}

Result<void> PerfChild::stop(std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kStep{10};
  ::kill(pid_, SIGINT);
  for (auto waited = kStep; waited < patience; waited += kStep) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      pid_ = 0;
      if (std::filesystem::exists(output())) return {};
      return Error{"perf wrote nothing: " + last_words()};
    }
    std::this_thread::sleep_for(kStep);
  }
  return Error{fmt::format("perf did not end within {} ms of its interrupt", patience.count())};
}

std::string PerfChild::last_words() const {
  constexpr size_t kMaxWords = 300;
  std::string text = read_text_file(folder_ + "/log").value_or("");
  if (text.size() > kMaxWords) text.erase(0, text.size() - kMaxWords);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? "it could not be run" : text;
}

}  // namespace quarrel
