// How do source facts become a `.quarrel` file?
#include <fmt/format.h>

#include "base/check.h"
#include "store/facts_tables.h"
#include "store/new_file.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/table_writer.h"

namespace quarrel {
namespace {

std::vector<SourceFile> file_rows(const SourceFacts& facts) {
  CHECK(facts.files.size() == facts.file_is_system.size());
  std::vector<SourceFile> rows;
  for (size_t index = 0; index < facts.files.size(); ++index)
    rows.push_back({facts.files[index], facts.file_is_system[index]});
  return rows;
}

Result<std::string> facts_bytes(const SourceFacts& facts, const std::string& name) {
  TRY(Database database, Database::in_memory(name));
  TRY_VOID(database.execute(schema_sql()));
  TRY_VOID(database.execute(views_sql()));
  TRY(Transaction transaction, Transaction::begin(database));
  TRY_VOID(database.execute("INSERT INTO contents VALUES ('facts')"));
  TableWriter writer(database);
  const std::vector<SourceFile> files = file_rows(facts);
  facts_tables(writer, files, facts);
  TRY_VOID(writer.finish());
  TRY_VOID(transaction.commit());
  return database.serialize();
}

}  // namespace

Result<std::string> facts_to_bytes(const SourceFacts& facts) {
  return facts_bytes(facts, "facts in memory");
}

Result<void> write_facts(const std::string& path, const SourceFacts& facts, bool overwrite) {
  TRY(const std::string bytes, facts_bytes(facts, path));
  return write_private_file(path, bytes, overwrite);
}

}  // namespace quarrel
