// Which facts are still true since the last scan?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "extract/compile_database.h"
#include "model/source_facts.h"

namespace quarrel {

/// Facts with the files that they were read from.
struct CachedFacts {
  SourceFacts facts;
  std::vector<std::string> files;  ///< absolute
};

/// A folder of facts, one file for each translation unit and one for each whole program. An entry
/// is used while the tool, the command and the content of every file that was read are the same. A
/// damaged entry counts as none, and one that cannot be written is left out.
class FactCache {
 public:
  /// `folder` "": keeps and finds nothing. `root` and `configuration`: as in ScanPlan.
  FactCache(std::string folder, std::string root, const std::string& configuration);

  std::optional<CachedFacts> find(const std::vector<CompileCommand>& commands);

  /// Only facts whose units are all complete are kept: what another lacks may appear later.
  void keep(const std::vector<CompileCommand>& commands, const CachedFacts& cached);

  /// Removes entries that no scan has used for a month.
  void prune() const;

 private:
  struct Stamp {
    uint64_t size = 0;
    int64_t mtime_ns = 0;
    std::string digest;  ///< computed when it is first needed
  };

  std::string path_for(const std::vector<CompileCommand>& commands) const;
  Stamp* stamp_of(const std::string& path);
  const std::string& digest_of(const std::string& path, Stamp& stamp);
  std::optional<std::string> list_files(const std::vector<std::string>& files);
  bool is_unchanged(std::string_view line, std::string& path);

  std::string folder_;
  std::string root_;
  std::string tool_;  ///< version, size and time of this executable, and the configuration
  int64_t started_ns_ = 0;
  std::map<std::string, std::optional<Stamp>> stamps_;
};

/// $XDG_CACHE_HOME/quarrel or ~/.cache/quarrel; "" without a home.
std::string default_cache_folder();

}  // namespace quarrel
