// Does any sequence of bytes, taken for a Go program, end in a table of which all can be asked?
#include <cstdint>
#include <vector>

#include "resolve/go_program.h"
#include "resolve/go_unwind.h"

// libelf 0.188 loses the buffer of a section whose damaged header makes reading it fail.
extern "C" __attribute__((used)) const char* __lsan_default_suppressions() {
  return "leak:libelf.so";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = quarrel::ElfFile::from_memory({data, data + size});
  if (!file.ok()) return 0;
  (void)quarrel::go_version_of(**file);
  const auto table = quarrel::read_go_table(**file);
  if (!table) return 0;
  (void)quarrel::go_unwind_rules(*table);
  for (size_t i = 0; i < table->size(); ++i) {
    const quarrel::GoFunction function = table->function(i);
    for (const uint64_t address : {function.address, function.address + function.size / 2}) {
      if (function.size == 0) continue;
      const auto index = table->index_at(address);
      if (!index || table->function(*index).address > address) __builtin_trap();
      for (const auto& location : table->locations_at(address))
        if (location.line != 0 && location.file.empty()) __builtin_trap();
    }
  }
  return 0;
}
