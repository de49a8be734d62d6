// Does any text, taken for a .quarrel.toml, end in an Error or in primitives that have names?
#include <cstdint>
#include <string>

#include "extract/configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto primitives = quarrel::parse_configuration(text, ".quarrel.toml");
  if (!primitives.ok()) return primitives.error().message.empty() ? 1 : 0;
  for (const quarrel::AccessPrimitive& each : primitives->accesses)
    if (each.name.empty() || each.object_argument == 0) __builtin_trap();
  for (const quarrel::ThreadPrimitive& each : primitives->threads)
    if (each.name.empty() || each.entry_argument == 0) __builtin_trap();
  return 0;
}
