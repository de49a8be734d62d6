// Which facts are still true since the last scan?
#include "extract/fact_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "base/checksum.h"
#include "base/output_file.h"
#include "base/sha256.h"
#include "store/packed_facts.h"

namespace quarrel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "quarrel facts cache 2";
constexpr auto kLifetime = std::chrono::hours(24 * 30);

int64_t nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(stream), {}};
}

/// Two builds of one version may extract different facts.
std::string describe_tool() {
  struct stat status{};
  stat("/proc/self/exe", &status);
  return fmt::format("{} {} {}", QUARREL_VERSION, status.st_size, nanoseconds(status.st_mtim));
}

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

template <class T>
bool take_number(std::string_view& line, T& number) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end == line.data() + line.size() || *end != ' ') return false;
  line.remove_prefix(static_cast<size_t>(end - line.data()) + 1);
  return true;
}

}  // namespace

FactCache::FactCache(std::string folder, std::string root, const std::string& configuration)
    : folder_(std::move(folder)),
      root_(std::move(root)),
      tool_(describe_tool() + '\0' + configuration) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  started_ns_ = nanoseconds(now);
  std::error_code error;
  if (folder_.empty()) return;
  if (fs::create_directories(folder_, error)) fs::permissions(folder_, fs::perms::owner_all, error);
  if (!fs::is_directory(folder_, error)) folder_.clear();
}

/// Paths below the root count from it, so that a copy of the tree finds what another has kept.
std::string FactCache::path_for(const std::vector<CompileCommand>& commands) const {
  std::string key = tool_;
  auto add = [&](std::string word) {
    for (size_t at = word.find(root_); at != word.npos && !root_.empty(); at = word.find(root_, at))
      word.replace(at, root_.size(), "@");
    key += '\0' + word;
  };
  for (const CompileCommand& command : commands) {
    add(command.file);
    add(command.directory);
    for (const std::string& argument : command.arguments) add(argument);
    key += '\0';
  }
  return folder_ + "/" + sha256_hex(key);
}

FactCache::Stamp* FactCache::stamp_of(const std::string& path) {
  auto [place, is_new] = stamps_.try_emplace(path);
  struct stat status{};
  if (is_new && stat(path.c_str(), &status) == 0)
    place->second = Stamp{static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim), {}};
  return place->second ? &*place->second : nullptr;
}

const std::string& FactCache::digest_of(const std::string& path, Stamp& stamp) {
  if (stamp.digest.empty()) stamp.digest = sha256_hex(read_file(path).value_or(""));
  return stamp.digest;
}

/// One line for each file; nothing if one of them cannot be trusted to be what was parsed.
std::optional<std::string> FactCache::list_files(const std::vector<std::string>& files) {
  std::string lines;
  for (const std::string& path : files) {
    Stamp* stamp = stamp_of(path);
    const bool is_safe =
        stamp != nullptr && stamp->mtime_ns < started_ns_ && path.find('\n') == std::string::npos;
    if (!is_safe) return std::nullopt;
    const bool is_below_root = !root_.empty() && path.starts_with(root_ + "/");
    lines += fmt::format("{} {} {} {}\n", stamp->size, stamp->mtime_ns, digest_of(path, *stamp),
                         is_below_root ? "@" + path.substr(root_.size()) : path);
  }
  return lines;
}

/// The time is only a hint: a checkout may touch a file without changing it.
bool FactCache::is_unchanged(std::string_view line, std::string& path) {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  if (!take_number(line, size) || !take_number(line, mtime_ns)) return false;
  constexpr size_t kDigestLength = 64;
  if (line.size() < kDigestLength + 2) return false;
  const std::string_view digest = line.substr(0, kDigestLength);
  path = line.substr(kDigestLength + 1);
  if (path.starts_with("@")) path.replace(0, 1, root_);
  Stamp* stamp = stamp_of(path);
  if (stamp == nullptr || stamp->size != size) return false;
  return stamp->mtime_ns == mtime_ns || digest_of(path, *stamp) == digest;
}

std::optional<CachedFacts> FactCache::find(const std::vector<CompileCommand>& commands) {
  if (folder_.empty()) return std::nullopt;
  const std::string path = path_for(commands);
  const auto content = read_file(path);
  if (!content) return std::nullopt;
  std::string_view rest = *content;
  if (take_line(rest) != kMagic) return std::nullopt;
  const std::string_view sum = take_line(rest);
  if (sum != fmt::format("{:016x}", checksum(rest))) return std::nullopt;
  CachedFacts cached;
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest))
    if (!is_unchanged(line, cached.files.emplace_back())) return std::nullopt;
  auto facts = unpack_facts(rest);
  if (!facts.ok() || facts->units.size() != commands.size()) return std::nullopt;
  for (const TranslationUnit& unit : facts->units)
    if (!unit.main_file.is_valid()) return std::nullopt;
  cached.facts = std::move(*facts);
  std::error_code error;
  fs::last_write_time(path, fs::file_time_type::clock::now(), error);
  return cached;
}

void FactCache::keep(const std::vector<CompileCommand>& commands, const CachedFacts& cached) {
  if (folder_.empty() || cached.files.empty()) return;
  for (const TranslationUnit& unit : cached.facts.units)
    if (unit.state != UnitState::kComplete) return;
  const auto files = list_files(cached.files);
  if (!files) return;
  const std::string body = *files + "\n" + pack_facts(cached.facts);
  const std::string text = fmt::format("{}\n{:016x}\n", kMagic, checksum(body)) + body;
  // Without it the next scan is slower, not wrong.
  (void)write_output_file(path_for(commands), text, /*overwrite=*/true);
}

void FactCache::prune() const {
  std::error_code error;
  if (folder_.empty()) return;
  const auto oldest = fs::file_time_type::clock::now() - kLifetime;
  for (const auto& entry : fs::directory_iterator(folder_, error))
    if (entry.is_regular_file(error) && entry.last_write_time(error) < oldest)
      fs::remove(entry.path(), error);
}

std::string default_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::string(cache) + "/quarrel";
  const char* home = std::getenv("HOME");
  return home == nullptr || *home != '/' ? "" : std::string(home) + "/.cache/quarrel";
}

}  // namespace quarrel
