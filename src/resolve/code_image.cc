// Which bytes of code stand at an address of an ELF file, and which function do they belong to?
#include "resolve/code_image.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "resolve/byte_cursor.h"
#include "resolve/elf_file.h"
#include "resolve/go_program.h"

namespace quarrel {
namespace {

/// Far above the largest .eh_frame known (browsers: 40 MB); bounds what a forged file can cost.
constexpr uint64_t kMaxUnwindBytes = 256u << 20;
constexpr uint64_t kMaxNoteBytes = 64u << 10;
constexpr uint64_t kMaxHeaderBytes = 16;
constexpr char kEhFrame[] = ".eh_frame";

template <class T>
std::optional<T> read_struct(int fd, uint64_t offset) {
  T value;
  if (::pread(fd, &value, sizeof(T), static_cast<off_t>(offset)) != ssize_t{sizeof(T)})
    return std::nullopt;
  return value;
}

bool is_readable(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         (header.e_machine == EM_X86_64 || header.e_machine == EM_AARCH64) &&
         header.e_phentsize == sizeof(Elf64_Phdr);
}

std::string hex_of(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

uint64_t padded(uint64_t size) {
  return (size + 3) & ~uint64_t{3};
}

/// The build id in the bytes of a PT_NOTE segment, as lower-case hex; empty if it has none.
std::string build_id_in(std::span<const uint8_t> notes) {
  ByteCursor cursor(notes);
  while (cursor.left() > 0) {
    const auto name_size = cursor.read<uint32_t>();
    const auto value_size = cursor.read<uint32_t>();
    const auto type = cursor.read<uint32_t>();
    const size_t name = cursor.position();
    cursor.skip(padded(name_size));
    const size_t value = cursor.position();
    cursor.skip(padded(value_size));
    if (!cursor.ok()) return {};
    const bool is_gnu = name_size == 4 && std::memcmp(&notes[name], "GNU", 4) == 0;
    if (is_gnu && type == NT_GNU_BUILD_ID) return hex_of(notes.subspan(value, value_size));
  }
  return {};
}

}  // namespace

std::unique_ptr<CodeImage> CodeImage::open(const std::string& path, const std::string& build_id) {
  // O_NONBLOCK: a path of the target may name a FIFO, on which a plain open would hang.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return nullptr;
  std::unique_ptr<CodeImage> image(new CodeImage(std::move(fd)));
  if (!image->read_segments() || !image->has_build_id(build_id)) return nullptr;
  image->read_functions();
  return image;
}

bool CodeImage::read_segments() {
  const auto header = read_struct<Elf64_Ehdr>(fd_.get(), 0);
  if (!header || !is_readable(*header)) return false;
  if (header->e_machine == EM_AARCH64) instruction_set_ = InstructionSet::kArm64;
  for (uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto entry = read_struct<Elf64_Phdr>(fd_.get(), header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!entry) return false;
    const bool overflows = entry->p_offset + entry->p_filesz < entry->p_offset ||
                           entry->p_vaddr + entry->p_filesz < entry->p_vaddr;
    if (overflows) continue;
    segments_.push_back({.type = entry->p_type,
                         .is_executable = (entry->p_flags & PF_X) != 0,
                         .file_offset = entry->p_offset,
                         .address = entry->p_vaddr,
                         .file_size = entry->p_filesz});
  }
  return true;
}

bool CodeImage::has_build_id(const std::string& build_id) const {
  if (build_id.empty()) return true;
  return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
    if (segment.type != PT_NOTE) return false;
    const uint64_t size = std::min(segment.file_size, kMaxNoteBytes);
    return build_id_in(read_file(segment.file_offset, size)) == build_id;
  });
}

std::optional<uint64_t> CodeImage::virtual_address(uint64_t file_offset) const {
  for (const Segment& segment : segments_) {
    if (segment.type != PT_LOAD || !segment.is_executable) continue;
    const bool holds =
        file_offset >= segment.file_offset && file_offset - segment.file_offset < segment.file_size;
    if (holds) return segment.address + (file_offset - segment.file_offset);
  }
  return std::nullopt;
}

CodeRange CodeImage::dynamic_section() const {
  for (const Segment& segment : segments_)
    if (segment.type == PT_DYNAMIC) return {segment.address, segment.address + segment.file_size};
  return {};
}

std::vector<uint8_t> CodeImage::read(uint64_t address, uint64_t size) const {
  for (const Segment& segment : segments_) {
    if (segment.type != PT_LOAD || address < segment.address) continue;
    const uint64_t skipped = address - segment.address;
    if (skipped >= segment.file_size) continue;
    return read_file(segment.file_offset + skipped, std::min(size, segment.file_size - skipped));
  }
  return {};
}

std::vector<uint8_t> CodeImage::read_file(uint64_t offset, uint64_t size) const {
  // Sized by what the file has, not by what a header claims.
  const off_t file_end = ::lseek(fd_.get(), 0, SEEK_END);
  if (file_end < 0 || offset >= static_cast<uint64_t>(file_end)) return {};
  std::vector<uint8_t> bytes(std::min(size, static_cast<uint64_t>(file_end) - offset));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

/// Programs that are linked statically with Debian's glibc have no index that names the section.
std::optional<uint64_t> CodeImage::eh_frame_section() const {
  const auto header = read_struct<Elf64_Ehdr>(fd_.get(), 0);
  if (!header || header->e_shentsize != sizeof(Elf64_Shdr)) return std::nullopt;
  const auto section_at = [&](uint64_t index) {
    return read_struct<Elf64_Shdr>(fd_.get(), header->e_shoff + index * sizeof(Elf64_Shdr));
  };
  const auto names = section_at(header->e_shstrndx);
  for (uint64_t i = 0; names && i < header->e_shnum; ++i) {
    const auto section = section_at(i);
    if (!section || section->sh_type == SHT_NOBITS) continue;
    const auto name = read_file(names->sh_offset + section->sh_name, sizeof(kEhFrame));
    if (name.size() == sizeof(kEhFrame) && std::memcmp(name.data(), kEhFrame, name.size()) == 0)
      return section->sh_addr;
  }
  return std::nullopt;
}

std::optional<uint64_t> CodeImage::eh_frame_address() const {
  for (const Segment& segment : segments_)
    if (segment.type == PT_GNU_EH_FRAME)
      return parse_eh_frame_address(read(segment.address, kMaxHeaderBytes), segment.address);
  return eh_frame_section();
}

void CodeImage::read_functions() {
  if (const auto eh_frame = eh_frame_address())
    functions_ = parse_fde_ranges(read(*eh_frame, kMaxUnwindBytes), *eh_frame);
  append_go_functions();
}

/// Go's linker writes no FDEs; where others are, as of C code in the same program, those hold.
void CodeImage::append_go_functions() {
  const auto file = ElfFile::open(fmt::format("/proc/self/fd/{}", fd_.get()));
  const auto table = file.ok() ? read_go_table(**file) : std::nullopt;
  if (!table) return;
  is_go_ = true;
  std::vector<CodeRange> added;
  for (size_t i = 0; i < table->size(); ++i) {
    const GoFunction function = table->function(i);
    if (function.size > 0 && !range_at(functions_, function.address))
      added.push_back({function.address, function.address + function.size});
  }
  functions_.insert(functions_.end(), added.begin(), added.end());
  std::sort(functions_.begin(), functions_.end());
}

std::optional<CodeRange> CodeImage::function_at(uint64_t address) const {
  return range_at(functions_, address);
}

}  // namespace quarrel
