// Are the numbers that goroutines were seen to have such as the runtime gives them?
#pragma once

#include <cstdint>
#include <map>

namespace quarrel {

/// A number is given once, and its goroutine keeps it, and its runtime.g, for life: of one number
/// there is one runtime.g. (The converse does not hold, a runtime.g is used again.) Some other
/// field, read because its offset was wrong, is the same for several goroutines, or a pointer, or
/// zero.
class GoroutineNumbers {
 public:
  void see(uint64_t number, uint64_t g);
  bool are_sound() const { return are_sound_; }

 private:
  std::map<uint64_t, uint64_t> g_of_number_;
  bool are_sound_ = true;
};

}  // namespace quarrel
