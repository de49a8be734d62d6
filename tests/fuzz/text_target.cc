// Do the texts that a target or its runtime writes end in names and numbers, whatever they say?
#include <cstdint>
#include <string_view>
#include <vector>

#include "collect/generated_code.h"
#include "collect/proc_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<uint64_t> pcs = {0, 1, 0x1000, 0x1010, 0x7fffffff, UINT64_MAX};
  for (const quarrel::GeneratedCode& code : quarrel::parse_code_map(text, pcs))
    if (code.name.size() > 512 || code.size == 0) __builtin_trap();
  (void)quarrel::parse_maps_line(text);
  (void)quarrel::last_number(quarrel::status_field(text, "NSpid"));
  return 0;
}
