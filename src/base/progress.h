// How does the user see that long work goes on?
#pragma once

#include <string>
#include <string_view>

namespace quarrel {

/// One status line on stderr that rewrites itself on a terminal. Where stderr is no terminal, only
/// the messages given to `say` appear, so that logs stay short.
class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `text` as the current status; cheap enough to be called often.
  void update(std::string_view text);
  /// Prints a line that stays.
  void say(std::string_view text);
  /// Removes the status line.
  void clear();

 private:
  bool is_terminal_;
  size_t shown_ = 0;
};

}  // namespace quarrel
