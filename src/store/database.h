// How does the rest of the store talk to SQLite without its pointers and return codes?
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace quarrel {

/// One prepared statement. Parameters count from 1, columns from 0, as in SQLite. Bound text and
/// blobs must live until the statement is reset.
class Statement {
 public:
  void bind_integer(int parameter, int64_t value);
  void bind_text(int parameter, std::string_view value);
  void bind_blob(int parameter, std::span<const uint8_t> value);
  void bind_null(int parameter);

  /// Runs up to the next row. True: a row stands ready; false: done.
  Result<bool> step();

  /// Runs a statement that yields no rows, and makes it ready for new parameters.
  Result<void> run();

  enum class Type { kNull, kInteger, kText, kBlob, kOther };
  Type type(int column) const;
  int64_t integer(int column) const;
  /// Views into SQLite's memory, valid until the next step.
  std::string_view text(int column) const;
  std::span<const uint8_t> blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3_stmt* statement, std::string name);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string name_;
  int bind_error_ = 0;
};

/// One open database. Every Error names the file, what failed and SQLite's reason.
class Database {
 public:
  enum class Mode { kReadOnly, kReadWrite };

  /// Opens an existing file. `name` is what messages call it.
  static Result<Database> open(const std::string& path, Mode mode, std::string name);
  static Result<Database> in_memory(std::string name);
  /// Reads `bytes` in place: they must outlive the database.
  static Result<Database> over_bytes(std::string_view bytes, std::string name);

  Result<void> execute(const char* sql);
  Result<Statement> prepare(const std::string& sql);
  /// The whole database as the bytes of a file.
  Result<std::string> serialize();

  /// Limits what a hostile file can make SQLite do: no writes to the schema tables, no functions
  /// with side effects from the schema, no huge values (sqlite.org/security.html).
  void distrust();

  /// The error of the last call, as `cannot <what> <name>: <reason>`.
  Error last_error(std::string_view what) const;
  /// True if the last call failed because a killed writer left a journal that must be replayed.
  bool needs_recovery() const;

  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  static Result<Database> open_flags(const std::string& path, int flags, std::string name);
  Database(sqlite3* handle, std::string name);

  std::unique_ptr<sqlite3, Close> handle_;
  std::string name_;
};

/// BEGIN now, ROLLBACK at the end of the scope unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace quarrel
