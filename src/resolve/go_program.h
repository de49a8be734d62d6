// Is an ELF file a Go program, of which version, and where is Go's table of its functions?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "resolve/elf_file.h"
#include "resolve/go_table.h"

namespace quarrel {

/// Cheap, and false for programs in which the table would have to be searched for in vain. True
/// promises nothing.
bool may_be_go(const ElfFile& file);

/// The table of a Go program, by its section or else by its magic number; nullopt if there is none,
/// or if it does not fit the code of the file.
std::optional<GoTable> read_go_table(const ElfFile& file);

struct GoVersion {
  uint32_t major = 0;
  uint32_t minor = 0;

  auto operator<=>(const GoVersion&) const = default;
};

/// "go1.19.8", "devel go1.23-abcdef" and the like -> {1, 19}.
std::optional<GoVersion> parse_go_version(std::string_view text);

/// By .go.buildinfo (go/src/debug/buildinfo/buildinfo.go).
std::optional<GoVersion> go_version_of(const ElfFile& file);

}  // namespace quarrel
