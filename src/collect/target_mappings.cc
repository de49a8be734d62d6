// Which files does the target map, and where does the data that follows them end?
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "collect/elf_facts.h"
#include "collect/proc_text.h"
#include "collect/target_facts.h"

namespace quarrel {
namespace {

bool names_a_file(const MapsLine& line) {
  return line.path.starts_with('/') || line.path == "[vdso]";
}

/// Of a compiler that runs within the target. Names that the target gave to memory (prctl) may
/// stand there; "[heap]" and "[stack]" are executable for other reasons.
bool is_generated_code(const MapsLine& line) {
  return line.is_executable && (line.path.empty() || line.path.starts_with("[anon:"));
}

/// By the mapping itself, so that a file that was deleted or replaced is still the right one; by
/// path where that is not permitted (CAP_CHECKPOINT_RESTORE). Only regular files: opening a device
/// acts.
Fd open_mapped_file(const Target& target, const MapsLine& line) {
  const std::string candidates[] = {
      fmt::format("/proc/{}/map_files/{:x}-{:x}", target.pid, line.start, line.end),
      target.root + line.path};
  for (const std::string& path : candidates) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.is_open()) return file;
  }
  return {};
}

ElfFacts elf_facts_of(const Target& target, const MapsLine& line) {
  if (!line.path.starts_with('/')) return {};
  const Fd file = open_mapped_file(target, line);
  return file.is_open() ? read_elf_facts(file.get()) : ElfFacts{};
}

ModuleId module_of(Recording& recording, const std::string& path, const std::string& build_id) {
  auto& modules = recording.modules;
  const auto known = std::find_if(modules.begin(), modules.end(), [&](const Module& module) {
    return module.path == path && module.build_id == build_id;
  });
  if (known != modules.end()) return {static_cast<uint32_t>(known - modules.begin())};
  modules.push_back({path, build_id});
  return {static_cast<uint32_t>(modules.size() - 1)};
}

const Mapping* mapping_at(const Recording& recording, uint64_t start) {
  const auto& mappings = recording.mappings;
  const auto found = std::lower_bound(
      mappings.begin(), mappings.end(), start,
      [](const Mapping& mapping, uint64_t address) { return mapping.start < address; });
  return found != mappings.end() && found->start == start ? &*found : nullptr;
}

const Mapping* known_mapping(const Recording& recording, const MapsLine& line) {
  const Mapping* mapping = mapping_at(recording, line.start);
  if (mapping == nullptr || mapping->end != line.end || mapping->file_offset != line.file_offset)
    return nullptr;
  return recording.modules[mapping->module.value].path == line.path ? mapping : nullptr;
}

/// Turns the lines of one maps file into mappings. A file mapping that is followed by anonymous
/// memory is looked at for bss, which gets a mapping of the same module whose file offset simply
/// goes on, so that address arithmetic within the segment holds.
class MappingReader {
 public:
  MappingReader(const Target& target, Recording& recording)
      : target_(target), recording_(recording) {}

  void add(const MapsLine& line) {
    if (names_a_file(line))
      add_file(line);
    else if (is_generated_code(line))
      add_generated(line);
    else if (line.path.empty() && line.is_writable)
      add_bss(line);
    else
      before_.reset();
  }

  std::vector<Mapping> take() { return std::move(mappings_); }

 private:
  void add_file(const MapsLine& line) {
    Mapping mapping{line.start, line.end, line.file_offset, {}, line.is_executable};
    const Mapping* known = known_mapping(recording_, line);
    mapping.module = known ? known->module
                           : module_of(recording_, line.path, elf_facts_of(target_, line).build_id);
    mappings_.push_back(mapping);
    before_ = line;
  }

  void add_generated(const MapsLine& line) {
    mappings_.push_back(
        {line.start, line.end, 0, module_of(recording_, std::string(kGeneratedCode), {}), true});
    before_.reset();
  }

  void add_bss(const MapsLine& line) {
    if (!before_ || before_->end != line.start) return before_.reset();
    const Mapping file = mappings_.back();
    const uint64_t end = std::min(end_of_bss(line), line.end);
    before_.reset();
    if (end <= line.start) return;
    mappings_.push_back(
        {line.start, end, file.file_offset + (line.start - file.start), file.module, false});
  }

  uint64_t end_of_bss(const MapsLine& line) const {
    const Mapping* known = mapping_at(recording_, line.start);
    if (known != nullptr && known->module == mappings_.back().module) return known->end;
    return bss_end(elf_facts_of(target_, *before_), before_->start, before_->end,
                   before_->file_offset);
  }

  const Target& target_;
  Recording& recording_;
  std::vector<Mapping> mappings_;
  std::optional<MapsLine> before_;  // the file mapping just before this line
};

}  // namespace

std::vector<Mapping> merge_mappings(std::vector<Mapping> seen, const std::vector<Mapping>& known) {
  const auto by_start = [](const Mapping& a, const Mapping& b) { return a.start < b.start; };
  std::sort(seen.begin(), seen.end(), by_start);
  const size_t seen_count = seen.size();
  for (const Mapping& old : known) {
    const auto end = seen.begin() + static_cast<std::ptrdiff_t>(seen_count);
    const auto next = std::partition_point(
        seen.begin(), end, [&](const Mapping& mapping) { return mapping.end <= old.start; });
    if (next == end || next->start >= old.end) seen.push_back(old);
  }
  std::sort(seen.begin(), seen.end(), by_start);
  return seen;
}

void refresh_mappings(const Target& target, Recording& recording) {
  const auto text = read_text_file(fmt::format("/proc/{}/maps", target.pid));
  if (!text) return;
  MappingReader reader(target, recording);
  std::vector<SharedMemory> shared;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t line_end = std::min(rest.find('\n'), rest.size());
    if (const auto line = parse_maps_line(rest.substr(0, line_end))) {
      reader.add(*line);
      if (line->is_shared && line->is_writable)
        shared.push_back({line->start, line->end, line->file_offset, line->device, line->inode});
    }
    rest.remove_prefix(std::min(line_end + 1, rest.size()));
  }
  if (!shared.empty()) recording.shared_memory = std::move(shared);  // an exiting process has none
  auto seen = reader.take();
  // Compilers map and unmap their code all the time: what is gone is not kept.
  std::erase_if(recording.mappings, [&](const Mapping& mapping) {
    return recording.modules[mapping.module.value].path == kGeneratedCode;
  });
  recording.mappings = merge_mappings(std::move(seen), recording.mappings);
}

}  // namespace quarrel
