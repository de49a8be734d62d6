// A program that a test makes up: ELF headers and a piece of code.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace quarrel {

/// Both as address and as offset in the file.
constexpr uint64_t kMadeCodeOffset = 4096;

/// `machine`: EM_X86_64 and its like.
inline std::string made_program(uint16_t machine, const std::vector<uint8_t>& code) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_machine = machine;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  const Elf64_Phdr segment{.p_type = PT_LOAD,
                           .p_flags = PF_R | PF_X,
                           .p_offset = kMadeCodeOffset,
                           .p_vaddr = kMadeCodeOffset,
                           .p_paddr = 0,
                           .p_filesz = code.size(),
                           .p_memsz = code.size(),
                           .p_align = 4096};
  std::string file(kMadeCodeOffset, '\0');
  std::memcpy(file.data(), &header, sizeof header);
  std::memcpy(file.data() + sizeof header, &segment, sizeof segment);
  return file.append(code.begin(), code.end());
}

}  // namespace quarrel
