// Below which directory do the sources of a report lie, so that it need not be repeated?
#include "report/source_root.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace quarrel {
namespace {

std::set<std::string_view> user_files(const Diagnosis& diagnosis) {
  std::set<std::string_view> files;
  for (const Finding& finding : diagnosis.findings) {
    for (const FindingLocation& at : finding.locations) files.insert(at.file);
    for (const FindingStack& stack : finding.stacks)
      for (const FindingFrame& frame : stack.frames)
        if (!frame.is_library) files.insert(frame.file);
  }
  files.erase("");
  return files;
}

std::string_view directory_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : path.substr(0, slash);
}

/// The longest directory above or equal to both.
std::string_view common_directory(std::string_view a, std::string_view b) {
  while (a != b) {
    if (a.size() < b.size()) std::swap(a, b);
    a = directory_of(a);
  }
  return a;
}

/// The project of a relative path that an absolute one ends with.
std::string_view project_of(const std::set<std::string_view>& files) {
  for (std::string_view relative : files) {
    if (relative.starts_with('/')) continue;
    for (std::string_view file : files) {
      if (!file.starts_with('/') || !file.ends_with(relative)) continue;
      file.remove_suffix(relative.size());
      if (file.size() > 1 && file.ends_with('/')) return directory_of(file);
    }
  }
  return "";
}

void make_relative(const std::string& prefix, std::string& path) {
  if (path.starts_with(prefix)) path.erase(0, prefix.size());
}

void drop_everywhere(const std::string& prefix, std::string& text) {
  for (size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;)
    text.erase(at, prefix.size());
}

void make_relative(const std::string& prefix, Finding& finding) {
  for (FindingLocation& at : finding.locations) make_relative(prefix, at.file);
  for (FindingStack& stack : finding.stacks)
    for (FindingFrame& frame : stack.frames) make_relative(prefix, frame.file);
  for (Advice& advice : finding.advice)
    for (std::string* text : {&advice.summary, &advice.refused_because})
      drop_everywhere(prefix, *text);
}

}  // namespace

std::string source_root(const Diagnosis& diagnosis) {
  const std::set<std::string_view> files = user_files(diagnosis);
  const std::string_view project = project_of(files);
  if (!project.empty()) return std::string(project);
  std::string_view root;
  bool is_first = true;
  for (std::string_view file : files) {
    if (!file.starts_with('/')) continue;
    root = is_first ? directory_of(file) : common_directory(root, directory_of(file));
    is_first = false;
  }
  return std::string(root);
}

Diagnosis relative_to(const std::string& root, Diagnosis diagnosis) {
  if (root.empty()) return diagnosis;
  for (Finding& finding : diagnosis.findings) make_relative(root + "/", finding);
  return diagnosis;
}

}  // namespace quarrel
