// Which build is a mapped file, and how far does its data reach beyond its bytes on disk?
#include "collect/elf_facts.h"

#include <fmt/core.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

namespace quarrel {
namespace {

constexpr uint64_t kPageBytes = 4096;
// Build ids are hashes of 8 to 32 bytes; a longer note is not one.
constexpr size_t kMaxBuildIdBytes = 64;
// More does not fit beside the stack of a thread.
constexpr uint64_t kMaxThreadLocalBytes = uint64_t{1} << 32;

using ElfHandle = std::unique_ptr<Elf, decltype(&elf_end)>;

std::string hex_of(const unsigned char* bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

std::string build_id_in(Elf_Data* notes) {
  GElf_Nhdr header;
  size_t name_offset = 0, value_offset = 0, offset = 0;
  while ((offset = gelf_getnote(notes, offset, &header, &name_offset, &value_offset)) > 0) {
    const auto* bytes = static_cast<const unsigned char*>(notes->d_buf);
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
        std::memcmp(bytes + name_offset, "GNU", 4) == 0 && header.n_descsz <= kMaxBuildIdBytes)
      return hex_of(bytes + value_offset, header.n_descsz);
  }
  return {};
}

/// The linker has put these offsets into the code, so that no loader may choose others: the block
/// ends at the thread pointer, and begins where its alignment (and that of its address) is kept.
void add_thread_locals(const GElf_Phdr& header, ElfFacts& facts) {
  const uint64_t alignment = std::max<uint64_t>(1, header.p_align);
  const uint64_t end = header.p_vaddr + header.p_memsz;
  if (!std::has_single_bit(alignment) || header.p_memsz > kMaxThreadLocalBytes) return;
  facts.tls_bytes = header.p_memsz;
  facts.tls_below_thread_pointer = header.p_memsz + ((0 - end) & (alignment - 1));
}

void add_program_header(Elf* elf, const GElf_Phdr& header, ElfFacts& facts) {
  if (header.p_type == PT_TLS) add_thread_locals(header, facts);
  if (header.p_type == PT_LOAD)
    facts.segments.push_back({header.p_offset, header.p_filesz, header.p_vaddr, header.p_memsz});
  if (header.p_type != PT_NOTE || !facts.build_id.empty()) return;
  const Elf_Type type = header.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
  Elf_Data* notes =
      elf_getdata_rawchunk(elf, static_cast<int64_t>(header.p_offset), header.p_filesz, type);
  if (notes != nullptr && notes->d_buf != nullptr) facts.build_id = build_id_in(notes);
}

}  // namespace

ElfFacts read_elf_facts(int fd) {
  ElfFacts facts;
  elf_version(EV_CURRENT);
  const ElfHandle elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr), &elf_end);
  size_t count = 0;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || elf_getphdrnum(elf.get(), &count) != 0)
    return facts;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &header) != nullptr)
      add_program_header(elf.get(), header, facts);
  }
  return facts;
}

uint64_t bss_end(const ElfFacts& elf, uint64_t start, uint64_t end, uint64_t file_offset) {
  for (const FileSegment& segment : elf.segments) {
    if (segment.memory_bytes <= segment.file_bytes) continue;
    const uint64_t first_page = segment.file_offset & ~(kPageBytes - 1);
    if (file_offset < first_page || file_offset >= segment.file_offset + segment.file_bytes)
      continue;
    // Modular: for a mapping of the first page the segment may begin after it.
    const uint64_t place = start + (segment.file_offset - file_offset);
    const uint64_t bss = (place + segment.memory_bytes + kPageBytes - 1) & ~(kPageBytes - 1);
    return bss > end ? bss : end;
  }
  return end;
}

}  // namespace quarrel
