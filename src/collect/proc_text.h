// What do the text files of /proc say, and what if they say it strangely?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

/// The whole file, or nothing if it cannot be read (the process is gone, or not permitted: errno).
std::optional<std::string> read_text_file(const std::string& path);

/// One line of /proc/PID/maps (proc(5)). The path may hold blanks; the kernel writes a newline in
/// it as \012.
struct MapsLine {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t file_offset = 0;
  uint64_t device = 0;  ///< major number << 32 | minor
  uint64_t inode = 0;
  bool is_writable = false;
  bool is_executable = false;
  bool is_shared = false;
  std::string path;  ///< without " (deleted)"; empty for anonymous memory
};

/// Nothing if the line is not of that form.
std::optional<MapsLine> parse_maps_line(std::string_view line);

/// The value of `field` in a /proc/PID/status text, without blanks around it; empty if absent.
std::string_view status_field(std::string_view status, std::string_view field);

/// The last of blank-separated numbers, e.g. of "NSpid: 4711 12": the innermost namespace's.
std::optional<int32_t> last_number(std::string_view numbers);

/// The numbers of a kernel list such as "0-3,8"; nothing if it is malformed or beyond 65536.
std::optional<std::vector<uint32_t>> parse_cpu_list(std::string_view list);

}  // namespace quarrel
