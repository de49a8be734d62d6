// Which bytes of code stand at an address of an ELF file, and which function do they belong to?
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "resolve/fde_ranges.h"
#include "resolve/instruction.h"

namespace quarrel {

/// An open ELF file of x86-64 or aarch64. Only what the loader itself uses is read (program
/// headers), so that a file without section headers works too. Addresses are virtual addresses
/// within the file. The file is untrusted: every offset is checked, and bytes are copied, never
/// mapped, so that a file that shrinks while it is read gives short reads instead of SIGBUS.
class CodeImage {
 public:
  /// Null if the file cannot be read, is no such ELF file, or has a build id other than
  /// `build_id` (empty: any).
  static std::unique_ptr<CodeImage> open(const std::string& path, const std::string& build_id);

  /// Of its code.
  InstructionSet instruction_set() const { return instruction_set_; }

  /// The virtual address at which the byte at `file_offset` is executed.
  std::optional<uint64_t> virtual_address(uint64_t file_offset) const;

  /// The bytes from `address` on, at most `size`, fewer where the segment ends.
  std::vector<uint8_t> read(uint64_t address, uint64_t size) const;

  /// Where the dynamic section stands; empty range if the file has none.
  CodeRange dynamic_section() const;

  /// The function around `address`: its FDE, or else what Go's table has there.
  std::optional<CodeRange> function_at(uint64_t address) const;

  const std::vector<CodeRange>& functions() const { return functions_; }

  /// Whether it is a Go program.
  bool is_go() const { return is_go_; }

 private:
  struct Segment {
    uint32_t type = 0;
    bool is_executable = false;
    uint64_t file_offset = 0;
    uint64_t address = 0;
    uint64_t file_size = 0;
  };

  explicit CodeImage(Fd fd) : fd_(std::move(fd)) {}
  bool read_segments();
  bool has_build_id(const std::string& build_id) const;
  std::vector<uint8_t> read_file(uint64_t offset, uint64_t size) const;
  std::optional<uint64_t> eh_frame_section() const;
  std::optional<uint64_t> eh_frame_address() const;
  void read_functions();
  void append_go_functions();

  Fd fd_;
  InstructionSet instruction_set_ = InstructionSet::kX86_64;
  std::vector<Segment> segments_;
  std::vector<CodeRange> functions_;
  bool is_go_ = false;
};

}  // namespace quarrel
