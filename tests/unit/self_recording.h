// How does a test get a Recording whose modules and mappings are those of the test itself?
#pragma once

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "model/recording.h"

namespace quarrel {

inline ModuleId module_of_path(Recording& recording, const std::string& path) {
  for (uint32_t i = 0; i < recording.modules.size(); ++i)
    if (recording.modules[i].path == path) return {i};
  recording.modules.push_back({.path = path});
  return {static_cast<uint32_t>(recording.modules.size() - 1)};
}

/// Modules and mappings as in /proc/self/maps.
inline Recording self_recording() {
  Recording recording;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range, permissions, offset, device, inode, path;
    fields >> range >> permissions >> offset >> device >> inode >> path;
    if (path.empty()) continue;
    Mapping mapping;
    std::sscanf(range.c_str(), "%lx-%lx", &mapping.start, &mapping.end);
    mapping.file_offset = std::stoull(offset, nullptr, 16);
    mapping.is_executable = permissions[2] == 'x';
    mapping.module = module_of_path(recording, path);
    recording.mappings.push_back(mapping);
  }
  return recording;
}

}  // namespace quarrel
