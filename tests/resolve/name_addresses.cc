// What does quarrel call these addresses of a file? One line each, for scripts that compare.
//
//   name_addresses FILE [DEBUG_PATH] < addresses     0x1234<TAB>function|file|line|column<TAB>...
//   name_addresses --shorten < symbols               the reader's name of each mangled one
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "resolve/elf_file.h"
#include "resolve/names.h"
#include "resolve/resolve.h"

namespace {

using namespace quarrel;

constexpr uint64_t kPageMask = 4095;

// A run in which the file was loaded at its own virtual addresses.
Recording loaded_file(const std::string& path, const ElfFile& file) {
  Recording recording;
  recording.modules.push_back({path, file.build_id()});
  for (const LoadSegment& segment : file.segments())
    recording.mappings.push_back(
        {.start = segment.virtual_address & ~kPageMask,
         .end = (segment.virtual_address + segment.memory_size + kPageMask) & ~kPageMask,
         .file_offset = segment.file_offset & ~kPageMask,
         .module = ModuleId{0},
         .is_executable = segment.is_executable});
  return recording;
}

void print(uint64_t address, const ResolvedFrame& frame) {
  fmt::print("{:#x}", address);
  for (const CodeLocation& place : frame.locations)
    fmt::print("\t{}|{}|{}|{}", place.function, place.file, place.line, place.column);
  fmt::print("\n");
}

int name_addresses(const std::string& path, const std::string& debug_path) {
  auto file = ElfFile::open(path);
  if (!file) {
    fmt::print(stderr, "name_addresses: {}\n", file.error().message);
    return 2;
  }
  Recording recording = loaded_file(path, **file);
  file->reset();
  for (std::string line; std::getline(std::cin, line);)
    recording.frames.push_back({{}, std::stoull(line, nullptr, 16), false});
  ResolveOptions options;
  if (!debug_path.empty()) options.debug_path = debug_path;
  const Profile profile = resolve(std::move(recording), options);
  for (size_t i = 0; i < profile.frames.size(); ++i)
    print(profile.recording.frames[i].pc, profile.frames[i]);
  for (const Coverage& row : profile.coverage)
    if (!row.reason.empty()) fmt::print(stderr, "{}: {}\n", row.collector, row.reason);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--shorten") {
    for (std::string line; std::getline(std::cin, line);)
      fmt::print("{}\n", line.starts_with("_Z")
                             ? quarrel::function_name(line)
                             : quarrel::shorten_type(quarrel::function_name(line)));
    return 0;
  }
  if (first.empty()) {
    fmt::print(stderr, "usage: name_addresses FILE [DEBUG_PATH] < addresses\n");
    return 2;
  }
  return name_addresses(first, argc > 2 ? argv[2] : "");
}
