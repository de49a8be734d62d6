// What do the text files of /proc say, and what if they say it strangely?
#include "collect/proc_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "base/fd.h"

namespace quarrel {
namespace {

// 64 MiB of maps are some 700,000 mappings, ten times the default vm.max_map_count.
constexpr size_t kMaxFileBytes = 64 << 20;
constexpr std::string_view kDeleted = " (deleted)";
constexpr uint32_t kMaxCpus = 65536;

/// Takes a number off the front of `text`.
template <class T>
std::optional<T> take_number(std::string_view& text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::string path_of(std::string_view text) {
  text = trim(text);
  if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
  return std::string(text);
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  std::string text;
  char buffer[16384];
  while (text.size() < kMaxFileBytes) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

std::optional<MapsLine> parse_maps_line(std::string_view line) {
  MapsLine result;
  const auto start = take_number<uint64_t>(line, 16);
  if (!start || !take(line, '-')) return std::nullopt;
  const auto end = take_number<uint64_t>(line, 16);
  if (!end || !take(line, ' ') || line.size() < 5 || *end <= *start) return std::nullopt;
  result.is_writable = line[1] == 'w';
  result.is_executable = line[2] == 'x';
  result.is_shared = line[3] == 's';
  line.remove_prefix(4);
  if (!take(line, ' ')) return std::nullopt;
  const auto offset = take_number<uint64_t>(line, 16);
  if (!offset || !take(line, ' ')) return std::nullopt;
  const auto major = take_number<uint32_t>(line, 16);
  if (!major || !take(line, ':')) return std::nullopt;
  const auto minor = take_number<uint32_t>(line, 16);
  if (!minor || !take(line, ' ')) return std::nullopt;
  const auto inode = take_number<uint64_t>(line, 10);
  if (!inode) return std::nullopt;
  result.start = *start;
  result.end = *end;
  result.file_offset = *offset;
  result.device = uint64_t{*major} << 32 | *minor;
  result.inode = *inode;
  result.path = path_of(line);
  return result;
}

std::string_view status_field(std::string_view status, std::string_view field) {
  while (!status.empty()) {
    const size_t line_end = std::min(status.find('\n'), status.size());
    const std::string_view line = status.substr(0, line_end);
    if (line.starts_with(field) && line.substr(field.size()).starts_with(':'))
      return trim(line.substr(field.size() + 1));
    status.remove_prefix(std::min(line_end + 1, status.size()));
  }
  return {};
}

std::optional<int32_t> last_number(std::string_view numbers) {
  numbers = trim(numbers);
  const size_t blank = numbers.find_last_of(" \t");
  if (blank != std::string_view::npos) numbers.remove_prefix(blank + 1);
  const auto value = take_number<int32_t>(numbers, 10);
  return value && numbers.empty() ? value : std::nullopt;
}

std::optional<std::vector<uint32_t>> parse_cpu_list(std::string_view list) {
  list = trim(list);
  std::vector<uint32_t> cpus;
  while (!list.empty()) {
    const auto first = take_number<uint32_t>(list, 10);
    if (!first) return std::nullopt;
    const auto last = take(list, '-') ? take_number<uint32_t>(list, 10) : first;
    if (!last || *last < *first || *last >= kMaxCpus) return std::nullopt;
    for (uint32_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
    if (!list.empty() && !take(list, ',')) return std::nullopt;
  }
  return cpus;
}

}  // namespace quarrel
