// What does an ELF file say about how it is loaded, and which build is it?
#include "resolve/elf_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quarrel {
namespace {

constexpr ssize_t kMaxBuildIdBytes = 64;  // SHA-1 has 20, lld's --build-id=sha256 32

std::string hex_of(const uint8_t* bytes, size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::string read_build_id(Elf* elf) {
  const void* bytes = nullptr;
  const ssize_t count = dwelf_elf_gnu_build_id(elf, &bytes);
  return build_id_text(bytes, count);
}

std::vector<LoadSegment> read_segments(Elf* elf) {
  std::vector<LoadSegment> segments;
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return segments;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type != PT_LOAD) continue;
    segments.push_back({.virtual_address = header.p_vaddr,
                        .memory_size = header.p_memsz,
                        .file_offset = header.p_offset,
                        .file_size = header.p_filesz,
                        .is_executable = (header.p_flags & PF_X) != 0});
  }
  return segments;
}

uint64_t find_eh_frame_header(Elf* elf) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return 0;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type == PT_GNU_EH_FRAME) return header.p_vaddr;
  }
  return 0;
}

}  // namespace

std::string build_id_text(const void* bytes, ssize_t count) {
  if (count <= 0 || count > kMaxBuildIdBytes) return {};
  return hex_of(static_cast<const uint8_t*>(bytes), static_cast<size_t>(count));
}

Result<std::unique_ptr<ElfFile>> ElfFile::open(const std::string& path) {
  elf_version(EV_CURRENT);
  std::unique_ptr<ElfFile> file(new ElfFile);
  // O_NONBLOCK: a path of the target may be a FIFO.
  file->fd_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file->fd_.is_open()) return Error{"cannot open " + path + ": " + std::strerror(errno)};
  struct stat status;
  if (fstat(file->fd_.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return Error{path + " is not a regular file"};
  file->elf_.reset(elf_begin(file->fd_.get(), ELF_C_READ, nullptr));
  TRY_VOID(file->read_headers(path));
  return file;
}

Result<std::unique_ptr<ElfFile>> ElfFile::from_memory(std::vector<char> image) {
  elf_version(EV_CURRENT);
  std::unique_ptr<ElfFile> file(new ElfFile);
  file->image_ = std::move(image);
  file->elf_.reset(elf_memory(file->image_.data(), file->image_.size()));
  TRY_VOID(file->read_headers("the image in memory"));
  return file;
}

Result<void> ElfFile::read_headers(const std::string& name) {
  GElf_Ehdr header;
  if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header) == nullptr)
    return Error{name + " is not an ELF file"};
  if (gelf_getclass(elf_.get()) != ELFCLASS64 || header.e_machine != EM_X86_64)
    return Error{name + " is not an x86-64 ELF file"};
  entry_ = header.e_entry;
  segments_ = read_segments(elf_.get());
  eh_frame_header_ = find_eh_frame_header(elf_.get());
  build_id_ = read_build_id(elf_.get());
  return {};
}

std::vector<uint8_t> ElfFile::read(uint64_t address, uint64_t size) const {
  for (const LoadSegment& segment : segments_) {
    if (address < segment.virtual_address) continue;
    const uint64_t skipped = address - segment.virtual_address;
    if (skipped >= segment.file_size) continue;
    return read_file(segment.file_offset + skipped, std::min(size, segment.file_size - skipped));
  }
  return {};
}

std::vector<uint8_t> ElfFile::read_file(uint64_t offset, uint64_t size) const {
  // Sized by what the file has, not by what a header claims.
  const off_t file_end = fd_.is_open() ? ::lseek(fd_.get(), 0, SEEK_END) : off_t(image_.size());
  if (file_end < 0 || offset >= static_cast<uint64_t>(file_end)) return {};
  std::vector<uint8_t> bytes(std::min(size, static_cast<uint64_t>(file_end) - offset));
  if (!fd_.is_open()) {
    std::memcpy(bytes.data(), image_.data() + offset, bytes.size());
    return bytes;
  }
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

std::optional<SectionRange> ElfFile::section(const char* name) const {
  size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return std::nullopt;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_.get(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* found = elf_strptr(elf_.get(), names, header.sh_name);
    if (found != nullptr && std::strcmp(found, name) == 0)
      return SectionRange{header.sh_addr, header.sh_size};
  }
  return std::nullopt;
}

bool ElfFile::has_section(const char* name) const {
  const auto found = section(name);
  return found && found->size != 0;
}

}  // namespace quarrel
