// How do the rows of a table in an untrusted file become a vector of the model?
#include "store/table_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace quarrel {
namespace {

// Bounds the memory that a hostile file can ask for: a row of 3 bytes becomes up to 200 in memory.
constexpr uint64_t kMaxRows = 100'000'000;

}  // namespace

std::optional<Statement> TableReader::prepare_select(const char* table,
                                                     const std::vector<std::string>& keys,
                                                     const std::vector<std::string>& columns) {
  if (error_) return std::nullopt;
  auto statement =
      database_->prepare(fmt::format("SELECT {0}, {1} FROM {2} ORDER BY {0}", fmt::join(keys, ", "),
                                     fmt::join(columns, ", "), table));
  if (statement) return std::move(statement.value());
  error_ = statement.error();
  return std::nullopt;
}

bool TableReader::next(std::optional<Statement>& select) {
  if (!select || error_) return false;
  if (++rows_read_ > kMaxRows) {
    error_ = Error{fmt::format("cannot read {}: more than {} rows", database_->name(), kMaxRows)};
    return false;
  }
  auto has_row = select->step();
  if (!has_row) error_ = has_row.error();
  return has_row.ok() && has_row.value();
}

void TableReader::fail(const char* table, int64_t id, std::string_view why) {
  if (!error_)
    error_ = Error{fmt::format("cannot read {}: {} row {}: {}; the file is damaged",
                               database_->name(), table, id, why)};
}

Result<void> TableReader::finish() const {
  if (error_) return *error_;
  return {};
}

}  // namespace quarrel
