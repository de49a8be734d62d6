// What are the functions called that the target's own compiler made at run time?
#include "collect/generated_code.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "collect/coverage_row.h"
#include "collect/proc_text.h"
#include "model/mapping_at.h"

namespace quarrel {
namespace {

constexpr off_t kMaxMapBytes = 64 << 20;
constexpr size_t kMaxNameBytes = 512;

bool is_generated(const Recording& recording, uint64_t pc) {
  const Mapping* mapping = mapping_at(recording.mappings, pc);
  return mapping != nullptr && mapping->module.value < recording.modules.size() &&
         recording.modules[mapping->module.value].path == kGeneratedCode;
}

std::vector<uint64_t> pcs_of_generated_code(const Recording& recording) {
  std::set<uint64_t> pcs;
  for (const Frame& frame : recording.frames) {
    const uint64_t pc = frame.pc - (frame.is_return_address ? 1 : 0);
    if (is_generated(recording, pc)) pcs.insert(pc);
  }
  return {pcs.begin(), pcs.end()};
}

/// Reads a hexadecimal number and the blank behind it.
std::optional<uint64_t> take_number(std::string_view& line) {
  if (line.starts_with("0x")) line.remove_prefix(2);
  uint64_t value = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (parsed.ec != std::errc() || parsed.ptr == line.data() + line.size() || *parsed.ptr != ' ')
    return std::nullopt;
  line.remove_prefix(static_cast<size_t>(parsed.ptr - line.data()) + 1);
  return value;
}

std::optional<GeneratedCode> parse_line(std::string_view line) {
  const auto address = take_number(line);
  const auto size = address ? take_number(line) : std::nullopt;
  if (!size || line.empty()) return std::nullopt;
  return GeneratedCode{*address, *size, std::string(line.substr(0, kMaxNameBytes))};
}

bool holds_any(const GeneratedCode& code, const std::vector<uint64_t>& pcs) {
  const auto pc = std::lower_bound(pcs.begin(), pcs.end(), code.address);
  return pc != pcs.end() && *pc - code.address < code.size;
}

uint64_t count_named(const std::vector<GeneratedCode>& codes, const std::vector<uint64_t>& pcs) {
  return static_cast<uint64_t>(std::count_if(pcs.begin(), pcs.end(), [&](uint64_t pc) {
    return std::any_of(codes.begin(), codes.end(),
                       [&](const GeneratedCode& code) { return pc - code.address < code.size; });
  }));
}

}  // namespace

std::vector<GeneratedCode> parse_code_map(std::string_view text, const std::vector<uint64_t>& pcs) {
  std::map<uint64_t, GeneratedCode> by_address;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    auto code = parse_line(text.substr(0, end));
    if (code && holds_any(*code, pcs)) by_address[code->address] = std::move(*code);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::vector<GeneratedCode> codes;
  for (auto& [address, code] : by_address) codes.push_back(std::move(code));
  return codes;
}

GeneratedCodeMap::GeneratedCodeMap(const Target& target) {
  const auto status = read_text_file(fmt::format("/proc/{}/status", target.pid));
  const auto own_pid = status ? last_number(status_field(*status, "NSpid")) : std::nullopt;
  name_ = fmt::format("perf-{}.map", own_pid.value_or(target.pid));
  folder_ = Fd(::open((target.root + "/tmp").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat process{};
  if (::stat(fmt::format("/proc/{}", target.pid).c_str(), &process) == 0) user_ = process.st_uid;
}

std::optional<std::string> GeneratedCodeMap::read(std::string& reason) const {
  const Fd file(
      ::openat(folder_.get(), name_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts{};
  if (!file.is_open() || ::fstat(file.get(), &facts) != 0) {
    reason = fmt::format("the program writes no map of it for perf ({} in its /tmp)", name_);
    return std::nullopt;
  }
  const bool is_trusted = facts.st_uid == user_ || facts.st_uid == 0;
  if (!S_ISREG(facts.st_mode) || !is_trusted || facts.st_size > kMaxMapBytes) {
    reason = name_ + " in its /tmp is larger than 64 MB, or belongs to another user";
    return std::nullopt;
  }
  std::string text(static_cast<size_t>(facts.st_size), '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

void GeneratedCodeMap::read_into(Recording& recording) const {
  const std::vector<uint64_t> pcs = pcs_of_generated_code(recording);
  if (pcs.empty()) return;
  std::string reason;
  const auto map = read(reason);
  if (map) recording.generated_code = parse_code_map(*map, pcs);
  Coverage& row = coverage_row(recording, "generated_code", "addresses in code made at run time");
  row.state = map ? CollectorState::kOn : CollectorState::kDegraded;
  row.reason = reason;
  row.seen = pcs.size();
  row.attributed = count_named(recording.generated_code, pcs);
  row.unresolved = row.seen - row.attributed;
}

}  // namespace quarrel
