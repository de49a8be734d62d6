// Does any sequence of bytes, taken for a binary, end in an Error or in layouts that can be shown?
#include <cstdint>
#include <vector>

#include "report/record_layout.h"
#include "resolve/binary_facts.h"
#include "store/store.h"

// libelf 0.188 loses the buffer of a section whose damaged header makes reading it fail.
extern "C" __attribute__((used)) const char* __lsan_default_suppressions() {
  return "leak:libelf.so";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto facts = quarrel::binary_facts_of({data, data + size});
  if (!facts.ok()) return 0;
  if (!quarrel::facts_to_bytes(*facts).ok()) __builtin_trap();
  const quarrel::LayoutBuilder builder(*facts);
  for (const quarrel::SourceRecord& record : facts->records) {
    const auto layout = builder.layout_of(record);
    if (quarrel::layout_text(builder, layout).empty()) __builtin_trap();
    if (quarrel::layout_json(builder, {layout}).empty()) __builtin_trap();
  }
  return 0;
}
