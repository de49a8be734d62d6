// How does the rest of the store talk to SQLite without its pointers and return codes?
#include "store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <utility>

namespace quarrel {
namespace {

constexpr int kMaxValueBytes = 16 << 20;  // longest symbol or stack copy that we believe
constexpr int kMaxSqlBytes = 1 << 20;
constexpr int kBusyTimeoutMs = 5000;  // a checkpoint of a running recorder is far shorter

Error make_error(sqlite3* handle, std::string_view what, std::string_view name) {
  return Error{fmt::format("cannot {} {}: {}", what, name, sqlite3_errmsg(handle))};
}

}  // namespace

Statement::Statement(sqlite3_stmt* statement, std::string name)
    : statement_(statement), name_(std::move(name)) {}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::bind_integer(int parameter, int64_t value) {
  bind_error_ |= sqlite3_bind_int64(statement_.get(), parameter, value);
}

void Statement::bind_text(int parameter, std::string_view value) {
  // A null pointer would bind NULL.
  const char* data = value.empty() ? "" : value.data();
  bind_error_ |= sqlite3_bind_text64(statement_.get(), parameter, data, value.size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
}

void Statement::bind_blob(int parameter, std::span<const uint8_t> value) {
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  bind_error_ |=
      sqlite3_bind_blob64(statement_.get(), parameter, data, value.size(), SQLITE_STATIC);
}

void Statement::bind_null(int parameter) {
  bind_error_ |= sqlite3_bind_null(statement_.get(), parameter);
}

Result<bool> Statement::step() {
  sqlite3* handle = sqlite3_db_handle(statement_.get());
  if (bind_error_ != SQLITE_OK) return make_error(handle, "store a value in", name_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return make_error(handle, sqlite3_stmt_readonly(statement_.get()) ? "read" : "write", name_);
}

Result<void> Statement::run() {
  TRY_VOID(step());
  sqlite3_reset(statement_.get());
  return {};
}

Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_NULL:
      return Type::kNull;
    case SQLITE_INTEGER:
      return Type::kInteger;
    case SQLITE_TEXT:
      return Type::kText;
    case SQLITE_BLOB:
      return Type::kBlob;
    default:
      return Type::kOther;
  }
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const uint8_t> Statement::blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Database::Database(sqlite3* handle, std::string name) : handle_(handle), name_(std::move(name)) {}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Result<Database> Database::open_flags(const std::string& path, int flags, std::string name) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(handle, std::move(name));
  if (code != SQLITE_OK) return database.last_error("open");
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Result<Database> Database::open(const std::string& path, Mode mode, std::string name) {
  const int flags = mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  // A path such as ":memory:" or "file:..." means a file here.
  const bool is_plain = path.starts_with('/') || path.starts_with("./");
  return open_flags(is_plain ? path : "./" + path, flags, std::move(name));
}

Result<Database> Database::in_memory(std::string name) {
  return open_flags(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, std::move(name));
}

Result<Database> Database::over_bytes(std::string_view bytes, std::string name) {
  TRY(Database database, in_memory(std::move(name)));
  // SQLITE_DESERIALIZE_READONLY keeps SQLite from writing through the pointer.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  const auto size = static_cast<sqlite3_int64>(bytes.size());
  if (sqlite3_deserialize(database.handle_.get(), "main", data, size, size,
                          SQLITE_DESERIALIZE_READONLY) != SQLITE_OK)
    return database.last_error("read");
  return database;
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return last_error("write");
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return last_error("read");
  return Statement(statement, name_);
}

Result<std::string> Database::serialize() {
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, decltype(&sqlite3_free)> data(
      sqlite3_serialize(handle_.get(), "main", &size, 0), &sqlite3_free);
  if (data == nullptr) return Error{fmt::format("cannot copy {}: out of memory", name_)};
  return std::string(reinterpret_cast<const char*>(data.get()), static_cast<size_t>(size));
}

void Database::distrust() {
  sqlite3* handle = handle_.get();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, kMaxSqlBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  // Checks each cell against its page before use; fails only for lack of memory.
  sqlite3_exec(handle, "PRAGMA cell_size_check = on; PRAGMA mmap_size = 0", nullptr, nullptr,
               nullptr);
}

Error Database::last_error(std::string_view what) const {
  return make_error(handle_.get(), what, name_);
}

bool Database::needs_recovery() const {
  return sqlite3_extended_errcode(handle_.get()) == SQLITE_READONLY_ROLLBACK;
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A failed ROLLBACK means that SQLite has already rolled back.
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK").ok());
}

Result<void> Transaction::commit() {
  TRY_VOID(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace quarrel
