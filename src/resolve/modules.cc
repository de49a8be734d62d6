// Which file, and which address within it, does an address of the target belong to?
#include "resolve/modules.h"

#include <fcntl.h>
#include <sys/auxv.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/check.h"

namespace quarrel {
namespace {

constexpr uint64_t kPageMask = 4095;
constexpr uint64_t kMaxVdsoBytes = 64 * 1024;
constexpr std::string_view kVdso = "[vdso]";

// /proc/PID/maps says so of a file that was removed or replaced since it was mapped.
constexpr std::string_view kDeletedMark = " (deleted)";

std::string without_deleted_mark(const std::string& path) {
  if (path.ends_with(kDeletedMark)) return path.substr(0, path.size() - kDeletedMark.size());
  return path;
}

const Mapping* mapping_of(const Recording& recording, ModuleId module) {
  for (const Mapping& mapping : recording.mappings)
    if (mapping.module == module) return &mapping;
  return nullptr;
}

std::vector<char> read_memory(int32_t pid, uint64_t start, uint64_t size) {
  Fd fd(::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<char> image(size);
  ssize_t count =
      fd.is_open() ? ::pread(fd.get(), image.data(), size, static_cast<off_t>(start)) : 0;
  image.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return image;
}

// The vDSO is the kernel's: on the same kernel ours is the target's, which the build id proves.
// Its section headers come last.
std::vector<char> own_vdso() {
  const char* start = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
  if (start == nullptr) return {};
  Elf64_Ehdr header;
  std::memcpy(&header, start, sizeof header);
  uint64_t size = header.e_shoff + uint64_t{header.e_shnum} * header.e_shentsize;
  return std::vector<char>(start, start + std::min(size, kMaxVdsoBytes));
}

Result<void> verify_build(const ElfFile& file, const Module& module) {
  if (module.build_id.empty() || module.build_id == file.build_id()) return {};
  return Error{module.path + " is another build now (recorded " + module.build_id + ", found " +
               (file.build_id().empty() ? "none" : file.build_id()) + ")"};
}

Result<std::unique_ptr<ElfFile>> open_build(const std::string& path, const Module& recorded) {
  TRY(auto file, ElfFile::open(path));
  TRY_VOID(verify_build(*file, recorded));
  return file;
}

// The kernel maps whole pages, so the mapping of a segment starts at its rounded-down offset.
const LoadSegment* segment_of(const std::vector<LoadSegment>& segments, const Mapping& mapping) {
  for (const LoadSegment& segment : segments) {
    if (segment.is_executable != mapping.is_executable) continue;
    uint64_t first = segment.file_offset & ~kPageMask;
    if (mapping.file_offset >= first && mapping.file_offset - first < segment.file_size + kPageMask)
      return &segment;
  }
  return nullptr;
}

}  // namespace

ModuleFiles::ModuleFiles(const Recording& recording, std::string sysroot, int32_t pid)
    : recording_(recording), sysroot_(std::move(sysroot)), pid_(pid) {}

ModuleFiles::Slot& ModuleFiles::slot(ModuleId module) {
  CHECK(module.value < recording_.modules.size());
  if (slots_.size() < recording_.modules.size()) slots_.resize(recording_.modules.size());
  return slots_[module.value];
}

Result<std::unique_ptr<ElfFile>> ModuleFiles::open_vdso(ModuleId module) const {
  const Mapping* mapping = mapping_of(recording_, module);
  if (mapping == nullptr || mapping->end <= mapping->start) return Error{"the vDSO is not mapped"};
  uint64_t size = std::min(mapping->end - mapping->start, kMaxVdsoBytes);
  if (pid_ != 0) return ElfFile::from_memory(read_memory(pid_, mapping->start, size));
  const Module& recorded = recording_.modules[module.value];
  if (recorded.build_id.empty()) return Error{"the vDSO of another run is not known"};
  TRY(auto own, ElfFile::from_memory(own_vdso()));
  TRY_VOID(verify_build(*own, recorded));
  return own;
}

Result<std::unique_ptr<ElfFile>> ModuleFiles::open_file(ModuleId module) const {
  const Module& recorded = recording_.modules[module.value];
  if (recorded.path == kVdso) return open_vdso(module);
  if (recorded.path == kGeneratedCode)
    return Error{"code that the target made at run time is in no file that names it"};
  if (!recorded.path.starts_with('/')) return Error{recorded.path + " is not a file"};
  auto by_path = open_build(sysroot_ + without_deleted_mark(recorded.path), recorded);
  if (pid_ == 0 || (by_path.ok() && !recorded.path.ends_with(kDeletedMark))) return by_path;
  auto mapped = open_mapped(module);
  return mapped.ok() ? std::move(mapped) : std::move(by_path);
}

// What a live process has mapped stays readable after it was removed.
Result<std::unique_ptr<ElfFile>> ModuleFiles::open_mapped(ModuleId module) const {
  const Mapping* mapping = mapping_of(recording_, module);
  if (mapping == nullptr) return Error{"the file is not mapped"};
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid_, mapping->start,
                mapping->end);
  return open_build(path, recording_.modules[module.value]);
}

ElfFile* ModuleFiles::open(ModuleId module) {
  Slot& entry = slot(module);
  if (entry.file || (entry.was_tried && !entry.reason.empty())) return entry.file.get();
  entry.was_tried = true;
  auto file = open_file(module);
  if (!file.ok()) {
    entry.reason = file.error().message;
    return nullptr;
  }
  entry.file = std::move(*file);
  entry.segments = entry.file->segments();
  return entry.file.get();
}

void ModuleFiles::close(ModuleId module) {
  slot(module).file.reset();
}

const std::vector<LoadSegment>& ModuleFiles::segments(ModuleId module) {
  if (!slot(module).was_tried && open(module) != nullptr) close(module);
  return slot(module).segments;
}

AddressMap::AddressMap(const Recording& recording, ModuleFiles& files) {
  std::vector<Range> images;
  for (const Mapping& mapping : recording.mappings)
    if (mapping.is_executable && mapping.module.value < recording.modules.size())
      add_image(mapping, files);
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.start < b.start; });
  size_t images_end = ranges_.size();
  for (const Mapping& mapping : recording.mappings) {
    auto after = std::upper_bound(ranges_.begin(), ranges_.begin() + images_end, mapping.start,
                                  [](uint64_t value, const Range& r) { return value < r.end; });
    bool is_known = after != ranges_.begin() + images_end && after->start < mapping.end;
    if (!is_known && mapping.module.value < recording.modules.size()) add_mapping(mapping);
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.start < b.start; });
}

void AddressMap::add_image(const Mapping& mapping, ModuleFiles& files) {
  const auto& segments = files.segments(mapping.module);
  const LoadSegment* code = segment_of(segments, mapping);
  if (code == nullptr) return;
  uint64_t bias = mapping.start - mapping.file_offset + code->file_offset - code->virtual_address;
  for (const LoadSegment& segment : segments) {
    uint64_t start = bias + (segment.virtual_address & ~kPageMask);
    uint64_t end = bias + segment.virtual_address + segment.memory_size;
    if (end <= start) continue;
    bool overlaps = std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
      return start < range.end && range.start < end;
    });
    if (!overlaps) ranges_.push_back({start, end, mapping.module, bias});
  }
}

void AddressMap::add_mapping(const Mapping& mapping) {
  if (mapping.end <= mapping.start) return;
  ranges_.push_back(
      {mapping.start, mapping.end, mapping.module, mapping.start - mapping.file_offset});
}

std::optional<ModuleAddress> AddressMap::find(uint64_t address) const {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](uint64_t value, const Range& r) { return value < r.start; });
  if (after == ranges_.begin()) return std::nullopt;
  const Range& range = *std::prev(after);
  if (address >= range.end) return std::nullopt;
  return ModuleAddress{range.module, address - range.bias, range.bias};
}

}  // namespace quarrel
