// How is a `.quarrel` file opened that anyone may have written?
#include "store/untrusted_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/fd.h"
#include "store/recovery.h"
#include "store/schema.h"

namespace quarrel {
namespace {

// The header of an SQLite file (sqlite.org/fileformat2.html, 1.3); numbers are big-endian.
constexpr size_t kHeaderBytes = 100;
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr size_t kWriteVersionOffset = 18;  // 1: rollback journal, 2: write-ahead log
constexpr size_t kReadVersionOffset = 19;
constexpr size_t kUserVersionOffset = 60;
constexpr size_t kApplicationIdOffset = 68;

uint32_t big_endian(std::string_view bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t index = 0; index < 4; ++index)
    value = value << 8 | static_cast<uint8_t>(bytes[offset + index]);
  return value;
}

Error refusal(const std::string& name, std::string_view why) {
  return Error{fmt::format("cannot read {}: {}", name, why)};
}

Result<void> check_header(std::string_view bytes, const std::string& name) {
  if (bytes.empty()) return refusal(name, "it is empty; its writer stopped before the first data");
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic) ||
      big_endian(bytes, kApplicationIdOffset) != kApplicationId)
    return refusal(name, "it is not a .quarrel file");
  const uint32_t version = big_endian(bytes, kUserVersionOffset);
  if (version > kFormatVersion && version <= INT32_MAX)
    return refusal(name, fmt::format("it was written by a newer quarrel (format {}, this one reads "
                                     "up to {}); update quarrel",
                                     version, kFormatVersion));
  if (version != kFormatVersion) return refusal(name, "its format version is damaged");
  if (bytes[kWriteVersionOffset] != 1 || bytes[kReadVersionOffset] != 1)
    return refusal(name,
                   "something changed it to a write-ahead log; undo that with sqlite3 and "
                   "'PRAGMA journal_mode = delete'");
  return {};
}

Result<void> check_file_header(const std::string& path) {
  // O_NONBLOCK: a named pipe must not hang us.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return refusal(path, std::strerror(errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return refusal(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return refusal(path, "it is not a regular file");
  std::array<char, kHeaderBytes> header{};
  const ssize_t size = ::pread(fd.get(), header.data(), header.size(), 0);
  if (size < 0) return refusal(path, std::strerror(errno));
  return check_header({header.data(), static_cast<size_t>(size)}, path);
}

/// Tables by name, with the SQL that made them.
using Tables = std::map<std::string, std::string, std::less<>>;

// Views are left alone, as nothing here runs them. An index or trigger could change what a plain
// SELECT yields, and a table that we do not know has no meaning: both are refused.
Result<Tables> tables_of(Database& database) {
  TRY(Statement select, database.prepare("SELECT type, name, sql FROM sqlite_schema"));
  Tables tables;
  while (true) {
    TRY(const bool has_row, select.step());
    if (!has_row) return tables;
    const std::string_view type = select.text(0);
    const std::string name(select.text(1));
    if (type == "view") continue;
    if (type != "table")
      return refusal(database.name(),
                     fmt::format("it holds a foreign {:.20} '{:.60}'", type, name));
    tables[name] = select.text(2);
  }
}

Result<Tables> expected_tables() {
  TRY(Database database, Database::in_memory("the schema"));
  TRY_VOID(database.execute(schema_sql()));
  return tables_of(database);
}

Result<void> check_schema(Database& database) {
  TRY(const Tables expected, expected_tables());
  TRY(const Tables found, tables_of(database));
  for (const auto& [name, sql] : found) {
    const auto known = expected.find(name);
    if (known == expected.end())
      return refusal(database.name(), fmt::format("it holds a foreign table '{:.60}'", name));
    if (known->second != sql)
      return refusal(database.name(), fmt::format("table {} has foreign columns", name));
  }
  for (const auto& [name, sql] : expected)
    if (!found.contains(name))
      return refusal(database.name(), fmt::format("table {} is missing", name));
  return {};
}

Result<void> check_pages(Database& database) {
  TRY(Statement check, database.prepare("PRAGMA quick_check(1)"));
  TRY(const bool has_row, check.step());
  if (has_row && check.text(0) == "ok") return {};
  return refusal(database.name(),
                 fmt::format("it is damaged ({:.200})", has_row ? check.text(0) : "no answer"));
}

Result<void> check_database(Database& database) {
  database.distrust();
  TRY_VOID(check_schema(database));
  return check_pages(database);
}

}  // namespace

Result<Database> open_untrusted(const std::string& path) {
  TRY_VOID(check_file_header(path));
  TRY(Database database, Database::open(path, Database::Mode::kReadOnly, path));
  const auto checked = check_database(database);
  if (checked.ok()) return database;
  if (!database.needs_recovery()) return checked.error();
  TRY(Database recovered, open_recovered(path));
  TRY_VOID(check_database(recovered));
  return recovered;
}

Result<Database> open_untrusted_bytes(std::string_view bytes, std::string name) {
  TRY_VOID(check_header(bytes, name));
  TRY(Database database, Database::over_bytes(bytes, std::move(name)));
  TRY_VOID(check_database(database));
  return database;
}

Result<FileContents> contents_of(Database& database) {
  TRY(Statement select, database.prepare("SELECT kind FROM contents"));
  FileContents contents;
  while (true) {
    TRY(const bool has_row, select.step());
    if (!has_row) return contents;
    if (select.text(0) == "recording")
      contents.has_recording = true;
    else if (select.text(0) == "facts")
      contents.has_facts = true;
    else
      return refusal(database.name(), fmt::format("unknown contents '{:.40}'", select.text(0)));
  }
}

Result<void> require_contents(Database& database, std::string_view kind) {
  TRY(const FileContents contents, contents_of(database));
  const bool wants_recording = kind == "recording";
  if (wants_recording ? contents.has_recording : contents.has_facts) return {};
  const bool has_other = wants_recording ? contents.has_facts : contents.has_recording;
  return refusal(database.name(),
                 fmt::format("it holds no {}{}", kind,
                             !has_other        ? "; its writer stopped before the first data"
                             : wants_recording ? ", only source facts; give it with --facts"
                                               : ", only a recording"));
}

Result<FileContents> inspect_file(const std::string& path) {
  TRY(Database database, open_untrusted(path));
  return contents_of(database);
}

}  // namespace quarrel
