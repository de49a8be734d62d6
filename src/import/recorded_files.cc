// Which files do the mapping records of a perf.data file name?
#include "import/recorded_files.h"

#include <algorithm>
#include <map>

#include "model/address_space.h"

namespace quarrel {
namespace {

/// Anonymous memory has names too: "//anon", "[heap]", "/dev/zero (deleted)".
bool is_file(std::string_view path) {
  for (const std::string_view prefix : {"//", "/dev/zero", "/anon_hugepage", "/SYSV", "/memfd:"})
    if (path.starts_with(prefix)) return false;
  return path.starts_with("/") || path == "[vdso]";
}

class FileList {
 public:
  FileList(const PerfData& data, Recording& recording) : data_(data), recording_(recording) {}

  void add(const AddressSpace& space) {
    for (const auto& [start, region] : space.regions) {
      if (!is_file(data_.texts[region.path])) continue;
      recording_.mappings.push_back({.start = in_space(start, *space.number),
                                     .end = in_space(region.end, *space.number),
                                     .file_offset = region.file_offset,
                                     .module = module_of(region),
                                     .is_executable = region.is_executable});
    }
  }

 private:
  ModuleId module_of(const Region& region) {
    const std::string& path = data_.texts[region.path];
    std::string build_id = data_.texts[region.file.build_id];
    const auto& known = data_.header.facts.build_ids;
    if (const auto found = known.find(path); build_id.empty() && found != known.end())
      build_id = found->second;
    const ModuleId next{static_cast<uint32_t>(recording_.modules.size())};
    const auto [place, is_new] = modules_.emplace(std::pair(path, build_id), next);
    if (is_new) recording_.modules.push_back({path, build_id});
    return place->second;
  }

  const PerfData& data_;
  Recording& recording_;
  std::map<std::pair<std::string, std::string>, ModuleId> modules_;
};

}  // namespace

void add_recorded_files(const PerfData& data, const std::vector<const AddressSpace*>& spaces,
                        Recording& recording) {
  FileList files(data, recording);
  for (const AddressSpace* space : spaces) files.add(*space);
  std::sort(recording.mappings.begin(), recording.mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
}

}  // namespace quarrel
