// What does an ELF file say about how it is loaded, and which build is it?
#pragma once

#include <libelf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace quarrel {

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

/// A PT_LOAD program header.
struct LoadSegment {
  uint64_t virtual_address = 0;
  uint64_t memory_size = 0;  ///< more than file_size: zero-filled data
  uint64_t file_offset = 0;
  uint64_t file_size = 0;
  bool is_executable = false;
};

/// Virtual addresses of a section.
struct SectionRange {
  uint64_t address = 0;
  uint64_t size = 0;
};

/// A build id as lower-case hex; empty if its length cannot be.
std::string build_id_text(const void* bytes, ssize_t count);

/// An open ELF file, or an ELF image in memory. Its content is untrusted. The file is read, not
/// mapped: a mapped file that shrinks under us would end quarrel with SIGBUS.
class ElfFile {
 public:
  /// Errors: cannot be opened; not an ELF file for x86-64 (or not 64-bit).
  static Result<std::unique_ptr<ElfFile>> open(const std::string& path);
  static Result<std::unique_ptr<ElfFile>> from_memory(std::vector<char> image);

  Elf* elf() const { return elf_.get(); }
  const std::vector<LoadSegment>& segments() const { return segments_; }
  const std::string& build_id() const { return build_id_; }  ///< lower-case hex or empty
  uint64_t entry() const { return entry_; }

  /// The bytes that the file loads at `address`, at most `size`, fewer where its segment ends.
  std::vector<uint8_t> read(uint64_t address, uint64_t size) const;

  /// The address of PT_GNU_EH_FRAME, the index of the unwind table; 0 if there is none.
  uint64_t eh_frame_header() const { return eh_frame_header_; }

  /// Where a section stands in memory; nullopt if there is none with content in the file.
  std::optional<SectionRange> section(const char* name) const;

  /// True if the file has a section of that name with content.
  bool has_section(const char* name) const;

 private:
  ElfFile() = default;
  Result<void> read_headers(const std::string& name);
  std::vector<uint8_t> read_file(uint64_t offset, uint64_t size) const;

  Fd fd_;
  std::vector<char> image_;
  std::unique_ptr<Elf, ElfEnd> elf_;
  std::vector<LoadSegment> segments_;
  std::string build_id_;
  uint64_t entry_ = 0;
  uint64_t eh_frame_header_ = 0;
};

}  // namespace quarrel
