// Where in runtime.g does a goroutine have its number?
#pragma once

#include <cstdint>
#include <optional>

#include "resolve/control_flow.h"
#include "resolve/elf_file.h"
#include "resolve/go_program.h"

namespace quarrel {

/// By the debug information of the package runtime.
std::optional<uint32_t> goroutine_id_in_dwarf(const ElfFile& file);

/// By the code of runtime.printcreatedby, which compares the number with that of the first
/// goroutine. nullopt if it compares none, or several.
std::optional<uint32_t> goroutine_id_in_code(const FunctionSource& source, uint64_t printcreatedby);

/// By what is known of Go 1.17 to 1.24.
std::optional<uint32_t> goroutine_id_of_version(const GoVersion& version);

/// What both tell, or the one that tells something; nullopt if they contradict each other.
std::optional<uint32_t> agreed_offset(std::optional<uint32_t> a, std::optional<uint32_t> b);

}  // namespace quarrel
