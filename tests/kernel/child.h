// How does a test start a target, talk to it, and end it?
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace quarrel {

/// A child process with pipes for its input and output. Killed by pid if it still lives at the end.
class Child {
 public:
  explicit Child(std::vector<std::string> command);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  /// The next "NAME VALUE" line of that name; other lines are skipped. 0 at the end of the output.
  unsigned long read_fact(const std::string& name);

  /// The next line with its newline; empty at the end of the output.
  std::string read_line();

  void write_line();
  void close_input();

  /// Waits for the end and reaps.
  void wait();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

}  // namespace quarrel
