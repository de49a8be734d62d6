// Which file is it, by its real path below the project root?
#include "extract/source_files.h"

#include <filesystem>

#include "extract/cursor.h"

namespace quarrel {

std::string relative_to(const std::string& path, const std::string& root) {
  const bool is_below =
      path.size() > root.size() + 1 && path.starts_with(root) && path[root.size()] == '/';
  return is_below ? path.substr(root.size() + 1) : path;
}

std::string real_path(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (!error) return real.string();
  return std::filesystem::absolute(path, error).lexically_normal().string();
}

FileId SourceFiles::add_path(const std::string& real, bool is_system) {
  const std::string path = relative_to(real, root_);
  auto [place, is_new] = by_path_.try_emplace(path, FileId{uint32_t(facts_.files.size())});
  if (is_new) {
    facts_.files.push_back(path);
    facts_.file_is_system.push_back(is_system);
  }
  return place->second;
}

FileId SourceFiles::id_of(CXFile file, CXSourceLocation location) {
  auto known = by_handle_.find(file);
  if (known != by_handle_.end()) return known->second;
  std::string path = take(clang_File_tryGetRealPathName(file));
  if (path.empty()) path = take(clang_getFileName(file));
  const FileId id = add_path(real_path(path), clang_Location_isInSystemHeader(location) != 0);
  by_handle_.emplace(file, id);
  return id;
}

SourcePos SourceFiles::position(CXSourceLocation location) {
  CXFile file = nullptr;
  SourcePos position;
  clang_getExpansionLocation(location, &file, &position.line, &position.column, nullptr);
  if (file == nullptr) return {};
  position.file = id_of(file, location);
  return position;
}

std::string SourceFiles::path_at(CXSourceLocation location) {
  const SourcePos found = position(location);
  return found.file.is_valid() ? facts_.files[found.file.value] : std::string();
}

}  // namespace quarrel
