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

  void write_line();
  void close_input();

  /// Waits for the end and reaps.
  void wait();

 private:
  std::string read_line();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

}  // namespace quarrel
