// How does a vector of the model become the rows of a table?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/columns.h"
#include "store/database.h"

namespace quarrel {

/// Whether rows of a growing model can change after they were written.
enum class Growth : uint8_t { kAppended, kRewritten };

/// Writes vectors into their tables. The first Error sticks: later calls do nothing.
class TableWriter {
 public:
  explicit TableWriter(Database& database) : database_(&database) {}

  /// One row for each element; its id is its index.
  template <class Row, class Describe = DescribeRow>
  void rows(const char* table, Growth growth, const std::vector<Row>& rows,
            Describe describe = {}) {
    const size_t from = start(table, growth, rows.size());
    auto insert = prepare<Row>(table, {"id"}, describe);
    for (size_t id = from; id < rows.size() && insert; ++id) {
      insert->bind_integer(1, static_cast<int64_t>(id));
      add(insert, table, id, 2, rows[id], describe);
    }
  }

  /// One row for each element of a vector within each row of `parents`, keyed by the id of the
  /// parent and the position in that vector.
  template <class Parent, class Child, class Describe = DescribeRow>
  void children(const char* table, const char* parent_column, Growth growth,
                const std::vector<Parent>& parents, std::vector<Child> Parent::* member,
                Describe describe = {}) {
    const size_t from = start(table, growth, parents.size());
    auto insert = prepare<Child>(table, {parent_column, "position"}, describe);
    for (size_t id = from; id < parents.size() && insert; ++id) {
      const std::vector<Child>& elements = parents[id].*member;
      for (size_t position = 0; position < elements.size() && insert; ++position) {
        insert->bind_integer(1, static_cast<int64_t>(id));
        insert->bind_integer(2, static_cast<int64_t>(position));
        add(insert, table, id, 3, elements[position], describe);
      }
    }
  }

  /// Like children, for vectors of `length` counts that are mostly zero: zeros are left out.
  template <class Parent>
  void counts(const char* table, SparseColumns names, Growth growth,
              const std::vector<Parent>& parents, std::vector<uint64_t> Parent::* member,
              size_t length) {
    const size_t from = start(table, growth, parents.size());
    const DescribeValue describe{names.count};
    auto insert = prepare<uint64_t>(table, {names.parent, names.position}, describe);
    for (size_t id = from; id < parents.size() && insert; ++id) {
      const std::vector<uint64_t>& values = parents[id].*member;
      if (values.size() > length) return fail(table, id, "has too many counts");
      for (size_t position = 0; position < values.size() && insert; ++position) {
        if (values[position] == 0) continue;
        insert->bind_integer(1, static_cast<int64_t>(id));
        insert->bind_integer(2, static_cast<int64_t>(position));
        add(insert, table, id, 3, values[position], describe);
      }
    }
  }

  /// What failed first, if anything did. Call once after the last table.
  Result<void> finish() const;

 private:
  /// The first row that the table does not hold yet; rewritten tables are emptied.
  size_t start(const char* table, Growth growth, size_t size);
  std::optional<Statement> prepare_insert(const char* table, std::vector<std::string> columns);
  void fail(const char* table, size_t id, std::string_view why);
  void keep(const Result<void>& result);

  template <class Row, class Describe>
  std::optional<Statement> prepare(const char* table, std::vector<std::string> keys,
                                   const Describe& describe) {
    ColumnNames names;
    const Row row{};
    describe(names, row);
    keys.insert(keys.end(), names.names().begin(), names.names().end());
    return prepare_insert(table, std::move(keys));
  }

  /// Inserts one row whose keys are bound; empties `insert` if that fails.
  template <class Row, class Describe>
  void add(std::optional<Statement>& insert, const char* table, size_t id, int first,
           const Row& row, const Describe& describe) {
    ColumnWriter writer(*insert, first);
    describe(writer, row);
    if (!writer.problem().empty())
      fail(table, id, writer.problem());
    else
      keep(insert->run());
    if (error_) insert.reset();
  }

  Database* database_;
  std::map<std::string, size_t, std::less<>> written_;
  std::optional<Error> error_;
};

}  // namespace quarrel
