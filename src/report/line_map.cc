// Which thread reads and writes which bytes of the cache line?
#include "report/line_map.h"

#include <algorithm>
#include <map>

namespace quarrel {
namespace {

struct CellRange {
  size_t begin = 0;
  size_t end = 0;
};

CellRange cells_of(const SubjectField& field, const LineMap& map) {
  const uint64_t size = std::max<uint64_t>(field.size, 1);
  if (field.offset >= map.line_size) return {};
  const uint64_t last = field.offset + std::min<uint64_t>(size, map.line_size - field.offset) - 1;
  return {field.offset / map.cell_bytes, last / map.cell_bytes + 1};
}

CellUse add_use(CellUse known, CellUse more) {
  if (known == CellUse::kNone || known == more) return more;
  return CellUse::kReadWrite;
}

std::string thread_name(const Finding& finding, int32_t tid) {
  for (const ThreadRole& thread : finding.threads)
    if (thread.tid == tid) return thread.name;
  return "";
}

class RowBuilder {
 public:
  explicit RowBuilder(const Finding& finding) : finding_(finding) {}

  void mark(const std::vector<int32_t>& tids, CellRange range, CellUse use) {
    for (int32_t tid : tids) {
      LineMapRow& row = rows_[tid];
      if (row.cells.empty())
        row = {tid, thread_name(finding_, tid), std::vector(kLineCells, CellUse::kNone)};
      for (size_t cell = range.begin; cell < range.end; ++cell)
        row.cells[cell] = add_use(row.cells[cell], use);
    }
  }

  std::vector<LineMapRow> take() {
    std::vector<LineMapRow> rows;
    for (auto& [tid, row] : rows_) rows.push_back(std::move(row));
    return rows;
  }

 private:
  const Finding& finding_;
  std::map<int32_t, LineMapRow> rows_;
};

}  // namespace

char field_letter(size_t index) {
  return index < 26 ? static_cast<char>('a' + index) : '*';
}

char cell_letter(CellUse use) {
  switch (use) {
    case CellUse::kNone:
      return '.';
    case CellUse::kRead:
      return 'R';
    case CellUse::kWrite:
      return 'W';
    case CellUse::kReadWrite:
      return 'B';
  }
  return '.';
}

LineMap map_line(const Finding& finding, uint32_t line_size) {
  LineMap map;
  map.line_size = std::max<uint32_t>(line_size, 1);
  map.cell_bytes = std::max<uint32_t>((map.line_size + kLineCells - 1) / kLineCells, 1);
  map.field_of_cell.assign(kLineCells, -1);
  RowBuilder rows(finding);
  for (size_t i = 0; i < finding.subject.fields.size(); ++i) {
    const SubjectField& field = finding.subject.fields[i];
    const CellRange range = cells_of(field, map);
    for (size_t cell = range.begin; cell < range.end; ++cell)
      map.field_of_cell[cell] = static_cast<int>(i);
    rows.mark(field.readers, range, CellUse::kRead);
    rows.mark(field.writers, range, CellUse::kWrite);
  }
  map.rows = rows.take();
  return map;
}

}  // namespace quarrel
