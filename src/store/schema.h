// Which tables make a `.quarrel` file, and how is such a file recognised?
#pragma once

#include <cstdint>

namespace quarrel {

/// "QRRL" in the SQLite header, so that `file` and we know the format without reading a table.
inline constexpr uint32_t kApplicationId = 0x5152524c;

/// `PRAGMA user_version`. Raised by every change that an older quarrel could not read.
inline constexpr uint32_t kFormatVersion = 1;

/// The SQL that creates the tables (schema.sql).
const char* schema_sql();

/// The SQL that creates the views for users (views.sql).
const char* views_sql();

}  // namespace quarrel
