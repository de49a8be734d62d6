// Which thread reads and writes which bytes of the cache line?
#pragma once

#include <array>
#include <string>
#include <vector>

#include "model/diagnosis.h"

namespace quarrel {

enum class CellUse : uint8_t { kNone, kRead, kWrite, kReadWrite };

/// One row of the map: the use of each cell by one thread.
struct LineMapRow {
  int32_t tid = 0;
  std::string name;
  std::vector<CellUse> cells;
};

/// A cache line as 64 cells (a longer line has cells of several bytes).
struct LineMap {
  uint32_t line_size = 64;
  uint32_t cell_bytes = 1;
  std::vector<int> field_of_cell;  ///< index into Subject::fields; -1: nothing was seen there
  std::vector<LineMapRow> rows;    ///< sorted by tid
};

inline constexpr size_t kLineCells = 64;

/// The letter that stands for a field in the map: a, b, ... z, then '*'.
char field_letter(size_t index);

/// '.', 'R', 'W' or 'B' (both), so that no meaning depends on colour.
char cell_letter(CellUse use);

/// Empty rows if no field of the finding has readers or writers (a source finding).
LineMap map_line(const Finding& finding, uint32_t line_size);

}  // namespace quarrel
