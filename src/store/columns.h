// How do the members of a model struct become the columns of a table, and safely come back?
//
// Each struct is described once, by a function template `columns(visitor, row)` that calls the
// visitor once for each column (recording_tables.h, facts_tables.h). Three visitors use it:
// ColumnNames writes the SQL, ColumnWriter binds parameters, ColumnReader checks and takes values.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/database.h"
#include "store/words.h"

namespace quarrel {

/// `R` is `T` or `const T`: lets one `columns` serve both the writer and the reader.
template <class R, class T>
concept RowOf = std::same_as<std::remove_const_t<R>, T>;

/// SourceFacts::files and file_is_system as one row.
struct SourceFile {
  std::string path;
  bool is_system = false;
};

/// How many rows each id may point at. While a table refers to itself, only the rows before.
struct IdLimits {
  size_t modules = 0;
  size_t threads = 0;
  size_t frames = 0;
  size_t stacks = 0;
  size_t files = 0;
  size_t symbols = 0;

  size_t of(ModuleId) const { return modules; }
  size_t of(ThreadId) const { return threads; }
  size_t of(FrameId) const { return frames; }
  size_t of(StackId) const { return stacks; }
  size_t of(FileId) const { return files; }
  size_t of(SymbolId) const { return symbols; }

  void grow(const Module&) { ++modules; }
  void grow(const Thread&) { ++threads; }
  void grow(const Frame&) { ++frames; }
  void grow(const Stack&) { ++stacks; }
  void grow(const SourceFile&) { ++files; }
  void grow(const std::string&) { ++symbols; }
  template <class Row>
  void grow(const Row&) {}
};

/// Describes a struct by its `columns`.
struct DescribeRow {
  template <class V, class R>
  void operator()(V& visitor, R& row) const {
    columns(visitor, row);
  }
};

/// Describes a plain id, count or text, which does not know its column.
struct DescribeValue {
  const char* column;

  template <class V, class Tag>
  void operator()(V& visitor, Id<Tag>& id) const {
    visitor.id(column, id);
  }
  template <class V, class Tag>
  void operator()(V& visitor, const Id<Tag>& id) const {
    visitor.id(column, id);
  }
  template <class V, RowOf<std::string> R>
  void operator()(V& visitor, R& text) const {
    visitor.text(column, text);
  }
  template <class V, RowOf<uint64_t> R>
  void operator()(V& visitor, R& count) const {
    visitor.number(column, count);
  }
};

/// Columns of a table of counts: whose count, which one, how many.
struct SparseColumns {
  const char* parent;
  const char* position;
  const char* count;
};

/// Collects the names of the columns.
class ColumnNames {
 public:
  template <std::integral T>
  void number(const char* name, const T&) {
    names_.push_back(name);
  }
  void address(const char* name, const uint64_t&) { names_.push_back(name); }
  void flag(const char* name, const bool&) { names_.push_back(name); }
  void text(const char* name, const std::string&) { names_.push_back(name); }
  template <class Blob>
  void blob(const char* name, const Blob&) {
    names_.push_back(name);
  }
  template <class Tag>
  void id(const char* name, const Id<Tag>&) {
    names_.push_back(name);
  }
  template <class Tag>
  void optional_id(const char* name, const Id<Tag>&) {
    names_.push_back(name);
  }
  template <class E>
  void word(const char* name, const E&) {
    names_.push_back(name);
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

/// Binds the columns of one row, from parameter `first` on.
class ColumnWriter {
 public:
  ColumnWriter(Statement& statement, int first) : statement_(statement), parameter_(first) {}

  template <std::integral T>
  void number(const char* name, const T& value) {
    if (!std::in_range<int64_t>(value)) fail(name, fmt::format("{} is too large", value));
    statement_.bind_integer(parameter_++, static_cast<int64_t>(value));
  }
  void address(const char*, const uint64_t& value) {
    statement_.bind_integer(parameter_++, static_cast<int64_t>(value));
  }
  void flag(const char*, const bool& value) { statement_.bind_integer(parameter_++, value); }
  void text(const char*, const std::string& value) { statement_.bind_text(parameter_++, value); }
  template <class Blob>
  void blob(const char*, const Blob& value) {
    const auto bytes = std::as_bytes(std::span(value));
    statement_.bind_blob(parameter_++,
                         {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
  template <class Tag>
  void id(const char* name, const Id<Tag>& value) {
    if (!value.is_valid()) fail(name, "is missing");
    optional_id(name, value);
  }
  template <class Tag>
  void optional_id(const char*, const Id<Tag>& value) {
    const int parameter = parameter_++;
    if (value.is_valid()) statement_.bind_integer(parameter, value.value);
    if (!value.is_valid()) statement_.bind_null(parameter);
  }
  template <class E>
  void word(const char* name, const E& value) {
    const std::optional<std::string_view> word = word_of(value);
    if (!word) fail(name, "is no value of its enum");
    statement_.bind_text(parameter_++, word.value_or(""));
  }

  /// What was wrong with the row, or empty.
  const std::string& problem() const { return problem_; }

 private:
  void fail(const char* name, std::string_view why) { problem_ = fmt::format("{} {}", name, why); }

  Statement& statement_;
  int parameter_;
  std::string problem_;
};

/// Takes the columns of one row of an untrusted file, from column `first` on.
class ColumnReader {
 public:
  ColumnReader(const Statement& statement, const IdLimits& limits, int first)
      : statement_(statement), limits_(limits), column_(first) {}

  template <std::integral T>
  void number(const char* name, T& value) {
    const int64_t stored = integer(name);
    if (!std::in_range<T>(stored)) return fail(name, fmt::format("{} is out of range", stored));
    value = static_cast<T>(stored);
  }
  void address(const char* name, uint64_t& value) { value = static_cast<uint64_t>(integer(name)); }
  void flag(const char* name, bool& value) {
    const int64_t stored = integer(name);
    if (stored != 0 && stored != 1) return fail(name, fmt::format("{} is not 0 or 1", stored));
    value = stored == 1;
  }
  void text(const char* name, std::string& value) { value = words(name); }
  void blob(const char* name, std::vector<uint8_t>& value) {
    const std::span<const uint8_t> bytes = blob_at(name);
    value.assign(bytes.begin(), bytes.end());
  }
  /// A blob of exactly the size of the array.
  template <class T, size_t N>
  void blob(const char* name, std::array<T, N>& value) {
    const std::span<const uint8_t> bytes = blob_at(name);
    if (bytes.size() != sizeof value) return fail(name, "has a wrong size");
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<uint8_t*>(value.data()));
  }
  template <class Tag>
  void id(const char* name, Id<Tag>& value) {
    const int64_t stored = integer(name);
    if (stored < 0 || std::cmp_greater_equal(stored, limits_.of(value)))
      return fail(name, fmt::format("{} names no row", stored));
    value.value = static_cast<uint32_t>(stored);
  }
  template <class Tag>
  void optional_id(const char* name, Id<Tag>& value) {
    if (statement_.type(column_) != Statement::Type::kNull) return id(name, value);
    value = {};
    ++column_;
  }
  template <class E>
  void word(const char* name, E& value) {
    const std::string_view stored = words(name);
    const std::optional<E> known = value_of<E>(stored);
    if (!known) return fail(name, fmt::format("has the unknown word '{:.40}'", stored));
    value = *known;
  }

  const std::string& problem() const { return problem_; }

 private:
  bool take(const char* name, Statement::Type type) {
    if (statement_.type(column_) == type) return true;
    ++column_;
    fail(name, "has a value of a wrong type");
    return false;
  }
  int64_t integer(const char* name) {
    return take(name, Statement::Type::kInteger) ? statement_.integer(column_++) : 0;
  }
  std::string_view words(const char* name) {
    return take(name, Statement::Type::kText) ? statement_.text(column_++) : std::string_view();
  }
  std::span<const uint8_t> blob_at(const char* name) {
    if (!take(name, Statement::Type::kBlob)) return {};
    return statement_.blob(column_++);
  }
  void fail(const char* name, std::string_view why) {
    if (problem_.empty()) problem_ = fmt::format("{} {}", name, why);
  }

  const Statement& statement_;
  const IdLimits& limits_;
  int column_;
  std::string problem_;
};

}  // namespace quarrel
