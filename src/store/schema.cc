// How does schema.sql get into the program?
#include "store/schema.h"

asm(".pushsection .rodata\n"
    ".globl quarrel_schema_sql, quarrel_views_sql\n"
    ".hidden quarrel_schema_sql, quarrel_views_sql\n"
    "quarrel_schema_sql: .incbin \"" QUARREL_SCHEMA
    "\"\n"
    ".byte 0\n"
    "quarrel_views_sql: .incbin \"" QUARREL_VIEWS
    "\"\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
// Hidden: a reference within the program needs no relocation through the global offset table.
[[gnu::visibility("hidden")]] extern const char quarrel_schema_sql[];
[[gnu::visibility("hidden")]] extern const char quarrel_views_sql[];
}

namespace quarrel {

const char* schema_sql() {
  return quarrel_schema_sql;
}

const char* views_sql() {
  return quarrel_views_sql;
}

}  // namespace quarrel
