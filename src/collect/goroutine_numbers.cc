// Are the numbers that goroutines were seen to have such as the runtime gives them?
#include "collect/goroutine_numbers.h"

namespace quarrel {
namespace {

// Go's heap on x86-64 begins at 0xc000000000; no program starts as many goroutines.
constexpr uint64_t kMaxNumber = uint64_t{1} << 39;

}  // namespace

void GoroutineNumbers::see(uint64_t number, uint64_t g) {
  const bool is_possible = number != 0 && number < kMaxNumber;
  const auto [known, is_new] = g_of_number_.try_emplace(number, g);
  are_sound_ = are_sound_ && is_possible && (is_new || known->second == g);
}

}  // namespace quarrel
