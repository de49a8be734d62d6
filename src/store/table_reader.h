// How do the rows of a table in an untrusted file become a vector of the model?
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/columns.h"
#include "store/database.h"
#include "store/table_writer.h"

namespace quarrel {

/// Reads tables into vectors, parents first: ids are checked against what was read before. The
/// first Error sticks: later calls do nothing. The counterpart of TableWriter, call for call.
class TableReader {
 public:
  explicit TableReader(Database& database) : database_(&database) {}

  template <class Row, class Describe = DescribeRow>
  void rows(const char* table, Growth, std::vector<Row>& rows, Describe describe = {}) {
    auto select = prepare<Row>(table, {"id"}, describe);
    while (next(select)) {
      if (select->integer(0) != static_cast<int64_t>(rows.size()))
        return fail(table, rows.size(), "ids do not count from 0");
      Row row{};
      if (!take(*select, table, rows.size(), 1, row, describe)) return;
      rows.push_back(std::move(row));
      limits_.grow(rows.back());
    }
  }

  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char* table, const char* parent_column, Growth, std::vector<Parent>& parents,
                std::vector<Child> Parent::* member, Describe describe = {}) {
    auto select = prepare<Child>(table, {parent_column, "position"}, describe);
    while (next(select)) {
      Parent* parent = parent_of(*select, table, parents);
      if (parent == nullptr) return;
      std::vector<Child>& elements = parent->*member;
      if (select->integer(1) != static_cast<int64_t>(elements.size()))
        return fail(table, select->integer(0), "positions do not count from 0");
      Child element{};
      if (!take(*select, table, select->integer(0), 2, element, describe)) return;
      elements.push_back(std::move(element));
    }
  }

  template <class Parent>
  void counts(const char* table, SparseColumns names, Growth, std::vector<Parent>& parents,
              std::vector<uint64_t> Parent::* member, size_t length) {
    const DescribeValue describe{names.count};
    for (Parent& parent : parents) (parent.*member).assign(length, 0);
    auto select = prepare<uint64_t>(table, {names.parent, names.position}, describe);
    while (next(select)) {
      Parent* parent = parent_of(*select, table, parents);
      if (parent == nullptr) return;
      const int64_t position = select->integer(1);
      if (position < 0 || std::cmp_greater_equal(position, length))
        return fail(table, select->integer(0), fmt::format("{} is out of range", names.position));
      uint64_t& count = (parent->*member)[static_cast<size_t>(position)];
      if (!take(*select, table, select->integer(0), 2, count, describe)) return;
    }
  }

  /// What failed first, if anything did. Call once after the last table.
  Result<void> finish() const;

 private:
  std::optional<Statement> prepare_select(const char* table, const std::vector<std::string>& keys,
                                          const std::vector<std::string>& columns);
  /// Steps to the next row; false at the end, after an Error, and for a file with too many rows.
  bool next(std::optional<Statement>& select);
  void fail(const char* table, int64_t id, std::string_view why);

  template <class Row, class Describe>
  std::optional<Statement> prepare(const char* table, const std::vector<std::string>& keys,
                                   const Describe& describe) {
    ColumnNames names;
    const Row row{};
    describe(names, row);
    return prepare_select(table, keys, names.names());
  }

  template <class Row, class Describe>
  bool take(const Statement& select, const char* table, int64_t id, int first, Row& row,
            const Describe& describe) {
    ColumnReader reader(select, limits_, first);
    describe(reader, row);
    if (!reader.problem().empty()) fail(table, id, reader.problem());
    return reader.problem().empty();
  }

  /// The row that column 0 points at, or nullptr after fail().
  template <class Parent>
  Parent* parent_of(const Statement& select, const char* table, std::vector<Parent>& parents) {
    const int64_t id = select.integer(0);
    if (id >= 0 && std::cmp_less(id, parents.size())) return &parents[static_cast<size_t>(id)];
    fail(table, id, "belongs to no row");
    return nullptr;
  }

  Database* database_;
  IdLimits limits_;
  uint64_t rows_read_ = 0;
  std::optional<Error> error_;
};

}  // namespace quarrel
