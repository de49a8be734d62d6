// Does any text, taken for a compile_commands.json, end in an Error or in usable commands?
#include <cstdint>
#include <string>

#include "extract/compile_database.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto commands = quarrel::parse_compile_database(text, "/nowhere/compile_commands.json");
  if (!commands.ok()) return commands.error().message.empty() ? 1 : 0;
  for (const quarrel::CompileCommand& command : *commands)
    if (command.file.empty() || command.directory.empty() || command.arguments.empty())
      __builtin_trap();
  return 0;
}
