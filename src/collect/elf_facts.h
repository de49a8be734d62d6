// Which build is a mapped file, and how far does its data reach beyond its bytes on disk?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quarrel {

/// A PT_LOAD program header.
struct FileSegment {
  uint64_t file_offset = 0;
  uint64_t file_bytes = 0;
  uint64_t address = 0;       ///< virtual, as linked
  uint64_t memory_bytes = 0;  ///< more than file_bytes: the rest is bss
};

struct ElfFacts {
  std::string build_id;  ///< lower-case hex; empty if there is none
  std::vector<FileSegment> segments;
  uint64_t tls_bytes = 0;  ///< of the thread-locals of one thread (PT_TLS); 0: it has none
  /// Of a program: from the first of them to the thread pointer (System V psABI: variant II).
  uint64_t tls_below_thread_pointer = 0;
};

/// Reads program headers and notes of the open file `fd`. Empty facts if it is no ELF file or a
/// broken one: nothing in it is trusted.
ElfFacts read_elf_facts(int fd);

/// Where the bss ends that follows a mapping of [start, end) at `file_offset`, or `end` if none
/// does.
uint64_t bss_end(const ElfFacts& elf, uint64_t start, uint64_t end, uint64_t file_offset);

}  // namespace quarrel
