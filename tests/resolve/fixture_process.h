// How does a test get the addresses, the mappings and the stacks of a running fixture program?
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "model/recording.h"
#include "resolve/elf_file.h"

namespace quarrel {

/// A fixture program that printed its lines up to "ready" and now waits for the end of its input.
class FixtureProcess {
 public:
  explicit FixtureProcess(const std::string& path) {
    int input[2];
    int output[2];
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input[0], 0);
      dup2(output[1], 1);
      execl(path.c_str(), path.c_str(), nullptr);
      _exit(127);
    }
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    FILE* stream = fdopen(output[0], "r");
    char line[512];
    while (std::fgets(line, sizeof line, stream) != nullptr) {
      std::string text(line);
      if (text == "ready\n") break;
      lines_ += text;
    }
    std::fclose(stream);
  }
  ~FixtureProcess() {
    if (pid_ <= 0) return;
    close(input_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  FixtureProcess(const FixtureProcess&) = delete;
  FixtureProcess& operator=(const FixtureProcess&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& lines() const { return lines_; }

  /// "label 0x1234" lines.
  std::map<std::string, uint64_t> addresses() const {
    std::map<std::string, uint64_t> result;
    std::istringstream stream(lines_);
    std::string label;
    std::string address;
    while (stream >> label >> address) result[label] = std::stoull(address, nullptr, 16);
    return result;
  }

  /// Modules and mappings of the process, with build ids.
  Recording recording() const {
    Recording recording;
    std::map<std::string, ModuleId> modules;
    std::ifstream maps("/proc/" + std::to_string(pid_) + "/maps");
    std::string line;
    while (std::getline(maps, line)) add_mapping(line, recording, modules);
    return recording;
  }

  /// Stops one thread for a moment and copies registers and stack; no bytes if that failed.
  Capture capture(pid_t tid) const {
    Capture capture;
    capture.tid = tid;
    if (ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) != 0) return capture;
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
    waitpid(tid, nullptr, __WALL);
    user_regs_struct regs{};
    ptrace(PTRACE_GETREGS, tid, nullptr, &regs);
    capture.registers = {regs.rax, regs.rdx, regs.rcx, regs.rbx, regs.rsi, regs.rdi,
                         regs.rbp, regs.rsp, regs.r8,  regs.r9,  regs.r10, regs.r11,
                         regs.r12, regs.r13, regs.r14, regs.r15, regs.rip};
    capture.stack_start = regs.rsp - 128;
    capture.bytes = read_up_to(capture.stack_start, 65536);
    ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
    return capture;
  }

 private:
  // Page by page: the stack may end before the limit.
  std::vector<uint8_t> read_up_to(uint64_t start, size_t limit) const {
    std::vector<uint8_t> bytes;
    while (bytes.size() < limit) {
      uint64_t at = start + bytes.size();
      size_t step = 4096 - at % 4096;
      size_t old_size = bytes.size();
      bytes.resize(old_size + step);
      iovec local{bytes.data() + old_size, step};
      iovec remote{reinterpret_cast<void*>(at), step};
      if (process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(step)) continue;
      bytes.resize(old_size);
      break;
    }
    return bytes;
  }

  static void add_mapping(const std::string& line, Recording& recording,
                          std::map<std::string, ModuleId>& modules) {
    std::istringstream fields(line);
    std::string range;
    std::string mode;
    std::string offset;
    std::string device;
    std::string inode;
    std::string path;
    fields >> range >> mode >> offset >> device >> inode >> path;
    if (path.empty() && mode.find('x') != std::string::npos) path = kGeneratedCode;
    if (!path.starts_with('/') && path != "[vdso]" && path != kGeneratedCode) return;
    ModuleId next{static_cast<uint32_t>(recording.modules.size())};
    auto [module, is_new] = modules.try_emplace(path, next);
    if (is_new) {
      auto file = ElfFile::open(path);
      recording.modules.push_back({path, file.ok() ? (*file)->build_id() : ""});
    }
    size_t dash = range.find('-');
    recording.mappings.push_back({std::stoull(range.substr(0, dash), nullptr, 16),
                                  std::stoull(range.substr(dash + 1), nullptr, 16),
                                  std::stoull(offset, nullptr, 16), module->second,
                                  mode.find('x') != std::string::npos});
  }

  pid_t pid_ = -1;
  int input_ = -1;
  std::string lines_;
};

inline std::string fixture_path(const std::string& name) {
  return std::string(QUARREL_RESOLVE_FIXTURES) + "/" + name;
}

}  // namespace quarrel
