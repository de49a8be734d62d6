// Is an ELF file a Go program, of which version, and where is Go's table of its functions?
//
// The runtime finds its table through runtime.firstmoduledata, which tells as well where the text
// begins and where the data of functions does. In a position-independent program these are no bytes
// of the file but the addends of relocations.
#include "resolve/go_program.h"

#include <gelf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "resolve/byte_cursor.h"

namespace quarrel {
namespace {

constexpr uint64_t kMaxTableBytes = 256u << 20;
constexpr uint64_t kMaxSearchedBytes = 256u << 20;
constexpr size_t kMaxRelocations = 16'000'000;

// Where the linker's own layout is kept. The GNU linker puts all of .data.rel.ro together.
constexpr std::array<const char*, 2> kTableSections{".gopclntab", ".data.rel.ro.gopclntab"};
constexpr const char* kBuildInfo = ".go.buildinfo";
constexpr std::array<const char*, 2> kGoSections{kBuildInfo, ".note.go.buildid"};

constexpr uint8_t kMagicEnd = 0xff;  // of all magic numbers, the bytes 1 to 3
constexpr std::array<uint8_t, 3> kMagicStarts{0xfa, 0xf0, 0xf1};
constexpr uint64_t kTableAlignment = 8;
constexpr uint64_t kHeaderBytes = 72;

// runtime.pcHeader.textStart; always 0 since Go 1.26. runtime.moduledata (go/src/runtime/symtab.go)
// begins with the address of the table; Go 1.20 added two pointers before gofunc.
constexpr uint64_t kHeaderText = 24;
constexpr uint64_t kModuleText = 176;
constexpr uint64_t kModuleGofunc118 = 304;
constexpr uint64_t kModuleGofunc120 = 320;

constexpr std::string_view kBuildInfoMagic = "\xff Go buildinf:";
constexpr size_t kBuildInfoFlags = 15;
constexpr uint8_t kHasTextInline = 2;       // behind the header, since Go 1.18
constexpr uint64_t kBuildInfoPointer = 16;  // of the version, before that
constexpr size_t kBuildInfoHeader = 32;
constexpr uint64_t kMaxVersionBytes = 64;

bool has_section_headers(const ElfFile& file) {
  size_t count = 0;
  return elf_getshdrnum(file.elf(), &count) == 0 && count > 1;
}

/// What the file holds at an address once it is loaded where it was linked to.
class LoadedWords {
 public:
  explicit LoadedWords(const ElfFile& file) : file_(file) {
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.elf(), section)) != nullptr;)
      read_relocations(section);
    std::sort(relocations_.begin(), relocations_.end());
  }

  uint64_t at(uint64_t address) const {
    const auto found =
        std::lower_bound(relocations_.begin(), relocations_.end(), Relocation{address, 0});
    if (found != relocations_.end() && found->address == address) return found->addend;
    const std::vector<uint8_t> bytes = file_.read(address, sizeof(uint64_t));
    return ByteCursor(bytes).read<uint64_t>();
  }

  /// Where `value` stands and `is_wanted` holds; only aligned places of data.
  template <class Wanted>
  std::optional<uint64_t> find(uint64_t value, Wanted is_wanted) const {
    for (const Relocation& one : relocations_)
      if (one.addend == value && is_wanted(one.address)) return one.address;
    for (const LoadSegment& segment : file_.segments()) {
      if (segment.is_executable || segment.file_size > kMaxSearchedBytes) continue;
      const std::vector<uint8_t> bytes = file_.read(segment.virtual_address, segment.file_size);
      for (size_t at = 0; at + sizeof(value) <= bytes.size(); at += sizeof(value))
        if (std::memcmp(&bytes[at], &value, sizeof(value)) == 0 &&
            is_wanted(segment.virtual_address + at))
          return segment.virtual_address + at;
    }
    return std::nullopt;
  }

 private:
  struct Relocation {
    uint64_t address = 0;
    uint64_t addend = 0;
    auto operator<=>(const Relocation&) const = default;
  };

  void read_relocations(Elf_Scn* section) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_RELA) return;
    if ((header.sh_flags & SHF_ALLOC) == 0) return;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Rela one;
    for (int i = 0; data != nullptr && gelf_getrela(data, i, &one) != nullptr; ++i)
      if (GELF_R_TYPE(one.r_info) == R_X86_64_RELATIVE && relocations_.size() < kMaxRelocations)
        relocations_.push_back({one.r_offset, static_cast<uint64_t>(one.r_addend)});
  }

  const ElfFile& file_;
  std::vector<Relocation> relocations_;
};

bool is_magic(const uint8_t* bytes) {
  return bytes[1] == kMagicEnd && bytes[2] == kMagicEnd && bytes[3] == kMagicEnd && bytes[4] == 0 &&
         bytes[5] == 0 &&
         std::find(kMagicStarts.begin(), kMagicStarts.end(), bytes[0]) != kMagicStarts.end();
}

/// The first bytes are no table's by accident: what is found is parsed.
std::vector<uint64_t> places_of_magic(const ElfFile& file) {
  std::vector<uint64_t> places;
  for (const LoadSegment& segment : file.segments()) {
    if (segment.is_executable || segment.file_size > kMaxSearchedBytes) continue;
    const std::vector<uint8_t> bytes = file.read(segment.virtual_address, segment.file_size);
    for (size_t at = 0; at + kHeaderBytes <= bytes.size(); at += kTableAlignment)
      if (is_magic(&bytes[at])) places.push_back(segment.virtual_address + at);
  }
  return places;
}

std::vector<uint64_t> places_of_table(const ElfFile& file) {
  for (const char* name : kTableSections)
    if (const auto section = file.section(name); section && section->size >= kHeaderBytes)
      return {section->address};
  return may_be_go(file) ? places_of_magic(file) : std::vector<uint64_t>{};
}

std::optional<uint64_t> module_data(const LoadedWords& words, uint64_t table) {
  return words.find(table, [&](uint64_t place) {
    // The next field points to the names, within the table.
    const uint64_t names = words.at(place + sizeof(uint64_t));
    return names > table && names - table < kMaxTableBytes;
  });
}

/// A table whose addresses count from elsewhere would give wrong names.
bool fits_code(const ElfFile& file, const GoTable& table) {
  const GoFunction first = table.function(0), last = table.function(table.size() - 1);
  return std::any_of(file.segments().begin(), file.segments().end(), [&](const LoadSegment& one) {
    return one.is_executable && first.address >= one.virtual_address &&
           last.address - one.virtual_address + last.size <= one.file_size;
  });
}

std::optional<GoTable> read_table_at(const ElfFile& file, const LoadedWords& words,
                                     uint64_t address) {
  GoTableBytes bytes{.table = file.read(address, kMaxTableBytes), .text = 0, .function_data = {}};
  if (bytes.table.size() < kHeaderBytes || !is_magic(bytes.table.data())) return std::nullopt;
  const bool is_116 = bytes.table[0] == kMagicStarts[0];
  const auto module = is_116 ? std::nullopt : module_data(words, address);
  bytes.text = is_116 ? 0 : words.at(address + kHeaderText);
  if (bytes.text == 0 && module) bytes.text = words.at(*module + kModuleText);
  if (module) {
    const bool is_118 = bytes.table[0] == kMagicStarts[1];
    const uint64_t data = words.at(*module + (is_118 ? kModuleGofunc118 : kModuleGofunc120));
    bytes.function_data = file.read(data, kMaxTableBytes);
  }
  auto table = GoTable::parse(std::move(bytes));
  if (!table || !fits_code(file, *table)) return std::nullopt;
  return table;
}

/// A pointer to a string, which is a pointer and a length.
std::optional<GoVersion> version_at_pointer(const ElfFile& file, uint64_t pointer) {
  const LoadedWords words(file);
  const uint64_t string = words.at(pointer);
  const uint64_t length = std::min(words.at(string + sizeof(uint64_t)), kMaxVersionBytes);
  const std::vector<uint8_t> bytes = file.read(words.at(string), length);
  return parse_go_version({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

bool may_be_go(const ElfFile& file) {
  if (!has_section_headers(file)) return true;
  const auto has = [&](const char* name) { return file.has_section(name); };
  return std::any_of(kTableSections.begin(), kTableSections.end(), has) ||
         std::any_of(kGoSections.begin(), kGoSections.end(), has);
}

std::optional<GoTable> read_go_table(const ElfFile& file) {
  const std::vector<uint64_t> places = places_of_table(file);
  if (places.empty()) return std::nullopt;
  const LoadedWords words(file);
  for (const uint64_t place : places)
    if (auto table = read_table_at(file, words, place)) return table;
  return std::nullopt;
}

std::optional<GoVersion> parse_go_version(std::string_view text) {
  const size_t start = text.find("go");
  if (start == std::string_view::npos) return std::nullopt;
  GoVersion version;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data() + start + 2, end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  return minor.ec == std::errc() ? std::optional(version) : std::nullopt;
}

std::optional<GoVersion> go_version_of(const ElfFile& file) {
  const auto section = file.section(kBuildInfo);
  if (!section) return std::nullopt;
  const std::vector<uint8_t> bytes =
      file.read(section->address, std::min(section->size, kBuildInfoHeader + 1 + kMaxVersionBytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.size() < kBuildInfoHeader || !text.starts_with(kBuildInfoMagic)) return std::nullopt;
  if ((bytes[kBuildInfoFlags] & kHasTextInline) == 0)
    return version_at_pointer(file, section->address + kBuildInfoPointer);
  ByteCursor cursor(bytes, kBuildInfoHeader);
  const uint64_t length = cursor.read_uleb128();
  if (!cursor.ok() || length > cursor.left()) return std::nullopt;
  return parse_go_version(text.substr(cursor.position(), length));
}

}  // namespace quarrel
