// Which file is it, by its real path below the project root?
#pragma once

#include <clang-c/Index.h>

#include <string>
#include <unordered_map>

#include "model/source_facts.h"

namespace quarrel {

/// Gives ids to the files of one translation unit. Symbolic links are resolved once, here, so that
/// one header is one file however it was included.
class SourceFiles {
 public:
  /// `root` is the real path of the project root, without a trailing slash.
  SourceFiles(SourceFacts& facts, std::string root) : facts_(facts), root_(std::move(root)) {}

  /// The expansion position: where the user wrote the macro, not where it is defined.
  SourcePos position(CXSourceLocation location);

  /// The path of the file in which `location` lies, as it stands in SourceFacts::files.
  std::string path_at(CXSourceLocation location);

  FileId add_path(const std::string& real_path, bool is_system);

 private:
  FileId id_of(CXFile file, CXSourceLocation location);

  SourceFacts& facts_;
  std::string root_;
  std::unordered_map<CXFile, FileId> by_handle_;
  std::unordered_map<std::string, FileId> by_path_;
};

/// `path` relative to `root` if it lies below, else unchanged.
std::string relative_to(const std::string& path, const std::string& root);

/// The real path if the file exists, else the path made absolute and lexically normal.
std::string real_path(const std::string& path);

}  // namespace quarrel
