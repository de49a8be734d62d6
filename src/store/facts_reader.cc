// How do source facts come back from a file that anyone may have written?
#include "store/facts_tables.h"
#include "store/store.h"
#include "store/table_reader.h"
#include "store/untrusted_file.h"

namespace quarrel {
namespace {

Result<SourceFacts> facts_in(Database& database) {
  TRY_VOID(require_contents(database, "facts"));
  SourceFacts facts;
  std::vector<SourceFile> files;
  TableReader reader(database);
  facts_tables(reader, files, facts);
  TRY_VOID(reader.finish());
  for (SourceFile& file : files) {
    facts.files.push_back(std::move(file.path));
    facts.file_is_system.push_back(file.is_system);
  }
  return facts;
}

}  // namespace

Result<SourceFacts> read_facts(const std::string& path) {
  TRY(Database database, open_untrusted(path));
  return facts_in(database);
}

Result<SourceFacts> facts_from_bytes(const std::string& bytes) {
  TRY(Database database, open_untrusted_bytes(bytes, "facts in memory"));
  return facts_in(database);
}

}  // namespace quarrel
