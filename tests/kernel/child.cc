// How does a test start a target, talk to it, and end it?
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace quarrel {

Child::Child(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int to_child[2], from_child[2];
  if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(to_child[0], 0);
    ::dup2(from_child[1], 1);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(to_child[0]);
  ::close(from_child[1]);
  input_ = to_child[1];
  output_ = from_child[0];
}

Child::~Child() {
  close_input();
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  ::close(output_);
}

std::string Child::read_line() {
  std::string line;
  char c;
  while (::read(output_, &c, 1) == 1) {
    line += c;
    if (c == '\n') break;
  }
  return line;
}

unsigned long Child::read_fact(const std::string& name) {
  for (std::string line = read_line(); !line.empty(); line = read_line())
    if (line.starts_with(name + " ")) return std::strtoul(line.c_str() + name.size(), nullptr, 10);
  return 0;
}

void Child::write_line() {
  if (::write(input_, "\n", 1) != 1) std::abort();
}

void Child::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

void Child::wait() {
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace quarrel
