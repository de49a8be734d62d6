// Does any sequence of bytes, taken for a `.quarrel` file or packed facts, end in an Error or a
// valid model?
#include <cstdint>
#include <string>

#include "store/packed_facts.h"
#include "store/store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto facts = quarrel::facts_from_bytes(bytes);
  const auto recording = quarrel::recording_from_bytes(bytes);
  // What was accepted must be a model that can be written again.
  if (facts.ok() && !quarrel::facts_to_bytes(*facts).ok()) __builtin_trap();
  const auto packed = quarrel::unpack_facts(bytes);
  if (packed.ok() && !(*quarrel::unpack_facts(quarrel::pack_facts(*packed)) == *packed))
    __builtin_trap();
  return recording.ok() && recording->run.host.line_size == 0 ? 1 : 0;
}
