// How does a vector of the model become the rows of a table?
#include "store/table_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace quarrel {

size_t TableWriter::start(const char* table, Growth growth, size_t size) {
  size_t& written = written_[table];
  const bool is_appendable = growth == Growth::kAppended && written <= size;
  const size_t from = is_appendable ? written : 0;
  if (from < written && !error_)
    keep(database_->execute(fmt::format("DELETE FROM {}", table).c_str()));
  written = size;
  return from;
}

std::optional<Statement> TableWriter::prepare_insert(const char* table,
                                                     std::vector<std::string> columns) {
  if (error_) return std::nullopt;
  const std::vector<std::string> parameters(columns.size(), "?");
  auto statement =
      database_->prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table,
                                     fmt::join(columns, ", "), fmt::join(parameters, ", ")));
  if (statement) return std::move(statement.value());
  error_ = statement.error();
  return std::nullopt;
}

void TableWriter::fail(const char* table, size_t id, std::string_view why) {
  if (!error_)
    error_ =
        Error{fmt::format("cannot write {}: {} row {}: {}", database_->name(), table, id, why)};
}

void TableWriter::keep(const Result<void>& result) {
  if (!result.ok() && !error_) error_ = result.error();
}

Result<void> TableWriter::finish() const {
  if (error_) return *error_;
  return {};
}

}  // namespace quarrel
