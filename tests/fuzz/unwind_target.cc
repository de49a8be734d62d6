// Does any sequence of bytes, taken for a binary, end in a table in which every search ends?
#include <cstdint>
#include <vector>

#include "resolve/module_unwind.h"
#include "resolve/unwind_rows.h"

// libelf 0.188 loses the buffer of a section whose damaged header makes reading it fail.
extern "C" __attribute__((used)) const char* __lsan_default_suppressions() {
  return "leak:libelf.so";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = quarrel::ElfFile::from_memory({data, data + size});
  if (!file.ok()) return 0;
  const quarrel::UnwindTable table = quarrel::read_unwind_table(**file);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].rule >= table.rules.size()) __builtin_trap();
    if (i > 0 && table.rows[i].offset < table.rows[i - 1].offset) __builtin_trap();
  }
  const uint64_t end = table.rows.empty() ? 0 : table.base + table.rows.back().offset;
  if (quarrel::rule_at(table, end).cfa_base != quarrel::CfaBase::kNoRow) __builtin_trap();
  if (quarrel::rule_at(table, UINT64_MAX).cfa_base != quarrel::CfaBase::kNoRow) __builtin_trap();
  return 0;
}
