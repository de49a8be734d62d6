// Does any symbol of a file end in names of bounded length?
#include <cstdint>
#include <string>
#include <string_view>

#include "resolve/names.h"
#include "resolve/rust_names.h"

namespace {

// A symbol has 4096 bytes at most, and so has what is written for it; shortening adds nothing.
constexpr size_t kMaxBytes = 2 * 4096;

void check(const std::string& name) {
  if (name.size() > kMaxBytes) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view symbol(reinterpret_cast<const char*>(data), size);
  check(quarrel::function_name(symbol));
  check(quarrel::variable_name(symbol));
  check(quarrel::rust_symbol_name(symbol).value_or(""));
  check(std::string(quarrel::last_component(quarrel::shorten_type(symbol))));
  return 0;
}
