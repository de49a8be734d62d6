// Does any sequence of bytes, taken for a `.quarrel` file, end in an Error or a valid model?
#include <cstdint>
#include <string>

#include "store/store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto facts = quarrel::facts_from_bytes(bytes);
  const auto recording = quarrel::recording_from_bytes(bytes);
  // What was accepted must be a model that can be written again.
  if (facts.ok() && !quarrel::facts_to_bytes(*facts).ok()) __builtin_trap();
  return recording.ok() && recording->run.host.line_size == 0 ? 1 : 0;
}
