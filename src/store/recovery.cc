// How is a file read whose writer was killed in the middle of a checkpoint?
#include "store/recovery.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace quarrel {
namespace {

// The last 8 bytes of a journal that ends with the name of a super-journal
// (sqlite.org/fileformat2.html, section 3).
constexpr std::string_view kSuperJournalMagic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);

Error failure(const std::string& path, std::string_view why) {
  return Error{fmt::format("cannot restore the last checkpoint of {}: {}", path, why)};
}

/// A folder of our own, removed at the end of the scope.
class PrivateFolder {
 public:
  static Result<PrivateFolder> create(const std::string& for_path) {
    std::error_code code;
    std::string pattern = std::filesystem::temp_directory_path(code).string() + "/quarrel-XXXXXX";
    if (code || ::mkdtemp(pattern.data()) == nullptr)
      return failure(for_path, fmt::format("no temporary folder ({})", std::strerror(errno)));
    return PrivateFolder(std::move(pattern));
  }
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;

  std::string file(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

 private:
  explicit PrivateFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

Result<void> copy(const std::string& from, const std::string& to) {
  std::error_code code;
  std::filesystem::copy_file(from, to, code);
  if (code) return failure(from, fmt::format("cannot copy it to {} ({})", to, code.message()));
  if (::chmod(to.c_str(), 0600) != 0) return failure(from, std::strerror(errno));
  return {};
}

// SQLite would open the file of that name, and delete it if it looks orphaned: a way to make
// whoever reads a foreign recording delete a file. Our writer uses one database and never writes
// such a name.
Result<void> refuse_super_journal(const std::string& journal, const std::string& path) {
  std::ifstream stream(journal, std::ios::binary);
  std::array<char, kSuperJournalMagic.size()> tail{};
  stream.seekg(-static_cast<std::streamoff>(tail.size()), std::ios::end);
  stream.read(tail.data(), tail.size());
  if (std::string_view(tail.data(), tail.size()) != kSuperJournalMagic) return {};
  return failure(path, "its journal names another file; it is damaged or forged");
}

}  // namespace

Result<Database> open_recovered(const std::string& path) {
  TRY(const PrivateFolder folder, PrivateFolder::create(path));
  const std::string file = folder.file("copy.quarrel");
  const std::string journal = file + "-journal";
  TRY_VOID(copy(path, file));
  TRY_VOID(copy(path + "-journal", journal));
  TRY_VOID(refuse_super_journal(journal, path));
  TRY(Database database, Database::open(file, Database::Mode::kReadWrite, path));
  database.distrust();
  // The first read replays the journal. From then on the open descriptor is all that is needed.
  TRY(Statement read, database.prepare("PRAGMA schema_version"));
  TRY_VOID(read.step());
  return database;
}

}  // namespace quarrel
