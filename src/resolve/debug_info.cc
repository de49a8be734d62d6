// Where is the DWARF of a module, and which of its units covers an address?
#include "resolve/debug_info.h"

#include <elfutils/libdwelf.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "resolve/dwarf_tree.h"

namespace quarrel {
namespace {

// CRC-32 (IEEE 802.3) as .gnu_debuglink wants it (GDB manual, "Debugging Information in Separate
// Files").
uint32_t file_crc(const std::string& path) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> values{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0);
      values[i] = value;
    }
    return values;
  }();
  uint32_t crc = ~0U;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 65536> block;
  while (file.read(block.data(), block.size()), file.gcount() > 0)
    for (std::streamsize i = 0; i < file.gcount(); ++i)
      crc = table[(crc ^ static_cast<uint8_t>(block[i])) & 255] ^ (crc >> 8);
  return ~crc;
}

std::unique_ptr<ElfFile> open_if_build(const std::string& path, const std::string& build_id) {
  auto file = ElfFile::open(path);
  if (!file.ok() || (*file)->build_id() != build_id) return nullptr;
  return std::move(*file);
}

std::unique_ptr<ElfFile> find_by_build_id(const std::string& id, const DebugPaths& paths) {
  if (id.size() < 4) return nullptr;
  std::string name =
      paths.debug_path + "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
  if (!paths.sysroot.empty())
    if (auto file = open_if_build(paths.sysroot + name, id)) return file;
  return open_if_build(name, id);
}

std::unique_ptr<ElfFile> open_linked(const std::string& path, uint32_t crc, const ElfFile& main) {
  auto file = ElfFile::open(path);
  if (!file.ok()) return nullptr;
  bool is_same = !main.build_id().empty() && (*file)->build_id() == main.build_id();
  if (!is_same && file_crc(path) != crc) return nullptr;
  return std::move(*file);
}

std::unique_ptr<ElfFile> find_by_link(const ElfFile& main, const std::string& module_path,
                                      const DebugPaths& paths) {
  GElf_Word crc = 0;
  const char* link = dwelf_elf_gnu_debuglink(main.elf(), &crc);
  if (link == nullptr) return nullptr;
  std::string name = link;
  if (name.empty() || name.find('/') != std::string::npos) return nullptr;
  std::string folder = module_path.substr(0, module_path.rfind('/') + 1);
  for (const std::string& candidate :
       {folder + name, folder + ".debug/" + name, paths.debug_path + folder + name}) {
    if (candidate == module_path) continue;
    if (auto file = open_linked(paths.sysroot + candidate, crc, main)) return file;
  }
  return nullptr;
}

// Line tables of only assembler files count too, so .debug_info is the test, not functions.
bool has_debug_info(const ElfFile& file) {
  return file.has_section(".debug_info") || file.has_section(".zdebug_info");
}

}  // namespace

DebugInfo::DebugInfo(ElfFile& main, const std::string& module_path, const DebugPaths& paths) {
  ElfFile* source = &main;
  if (!has_debug_info(main)) {
    separate_ = find_by_build_id(main.build_id(), paths);
    if (!separate_) separate_ = find_by_link(main, module_path, paths);
    source = separate_.get();
  }
  if (!paths.use_dwarf || source == nullptr || !has_debug_info(*source)) return;
  dwarf_.reset(dwarf_begin_elf(source->elf(), DWARF_C_READ, nullptr));
  is_unreadable_ = dwarf_ == nullptr;
  if (is_unreadable_) return;
  find_common_file(paths);
  read_units();
  read_common_units();
}

void DebugInfo::read_units() {
  Dwarf_CU* unit = nullptr;
  Dwarf_Half version = 0;
  uint8_t type = 0;
  Dwarf_Die die;
  // Without a place for the split unit, its file is not opened.
  while (dwarf_get_units(dwarf_.get(), unit, &unit, &version, &type, &die, nullptr) == 0) {
    if (type == DW_UT_type || type == DW_UT_split_type) {
      type_units_.push_back(die);
      continue;
    }
    const bool is_skeleton = type == DW_UT_skeleton;
    units_.push_back({die, die, is_skeleton});
    is_split_pending_.push_back(is_skeleton);
    for (auto [start, end] : ranges_of(die)) ranges_.push_back({start, end, units_.size() - 1});
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.start < b.start; });
}

const DwarfUnit& DebugInfo::unit(size_t index) const {
  DwarfUnit& unit = units_[index];
  if (!is_split_pending_[index]) return unit;
  is_split_pending_[index] = false;
  Dwarf_Half version = 0;
  uint8_t type = 0;
  Dwarf_Die split{};
  dwarf_cu_info(unit.lines.cu, &version, &type, nullptr, &split, nullptr, nullptr, nullptr);
  unit.is_tree_missing = split.addr == nullptr;
  if (unit.is_tree_missing)
    ++missing_split_files_;
  else
    unit.tree = split;
  return unit;
}

const std::vector<DwarfUnit>& DebugInfo::units() const {
  for (size_t i = 0; i < units_.size(); ++i) unit(i);
  return units_;
}

// The file that dwz made (.gnu_debugaltlink). libdw itself looks where its name leads from the
// folder of the first; below a sysroot that is not where the target would look.
void DebugInfo::find_common_file(const DebugPaths& paths) {
  const char* name = nullptr;
  const void* bytes = nullptr;
  const ssize_t count = dwelf_dwarf_gnu_debugaltlink(dwarf_.get(), &name, &bytes);
  if (count <= 0 || name == nullptr) return;
  const std::string id = build_id_text(bytes, count);
  common_ = find_by_build_id(id, paths);
  if (!common_ && *name == '/') common_ = open_if_build(paths.sysroot + name, id);
  if (!common_) return;
  common_dwarf_.reset(dwarf_begin_elf(common_->elf(), DWARF_C_READ, nullptr));
  if (common_dwarf_) dwarf_setalt(dwarf_.get(), common_dwarf_.get());
}

void DebugInfo::read_common_units() {
  Dwarf* common = dwarf_getalt(dwarf_.get());
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  while (common != nullptr &&
         dwarf_get_units(common, unit, &unit, nullptr, nullptr, &die, nullptr) == 0)
    type_units_.push_back(die);
}

std::optional<size_t> DebugInfo::unit_of(uint64_t address) const {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](uint64_t value, const Range& r) { return value < r.start; });
  if (after == ranges_.begin() || address >= std::prev(after)->end) return std::nullopt;
  return std::prev(after)->unit;
}

}  // namespace quarrel
