// Which file, and which address within it, does an address of the target belong to?
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/recording.h"
#include "resolve/elf_file.h"

namespace quarrel {

/// Opens the files of Recording::modules, and only those that are the recorded build.
class ModuleFiles {
 public:
  /// `sysroot` is put before module paths; `pid` (0: none) supplies the vDSO and files
  /// that were removed or replaced since it mapped them.
  ModuleFiles(const Recording& recording, std::string sysroot, int32_t pid);

  /// The open file, or nullptr (then reason() says why). Stays open until close().
  ElfFile* open(ModuleId module);
  void close(ModuleId module);

  /// Program headers; remembered, so that the file need not stay open. Empty: not available.
  const std::vector<LoadSegment>& segments(ModuleId module);

  /// Why the file could not be used; empty if it could.
  const std::string& reason(ModuleId module) { return slot(module).reason; }

  const Recording& recording() const { return recording_; }
  const std::string& sysroot() const { return sysroot_; }

 private:
  struct Slot {
    bool was_tried = false;
    std::unique_ptr<ElfFile> file;
    std::vector<LoadSegment> segments;
    std::string reason;
  };
  Slot& slot(ModuleId module);
  Result<std::unique_ptr<ElfFile>> open_file(ModuleId module) const;
  Result<std::unique_ptr<ElfFile>> open_mapped(ModuleId module) const;
  Result<std::unique_ptr<ElfFile>> open_vdso(ModuleId module) const;

  const Recording& recording_;
  std::string sysroot_;
  int32_t pid_;
  std::vector<Slot> slots_;
};

/// An address of the target as the ELF file sees it.
struct ModuleAddress {
  ModuleId module;
  uint64_t address = 0;  ///< virtual address in the ELF file; file offset if not readable
  uint64_t bias = 0;     ///< address in the target minus `address`
};

/// Address to module, including the zero-filled data that no mapping of the file covers.
class AddressMap {
 public:
  AddressMap() = default;
  AddressMap(const Recording& recording, ModuleFiles& files);

  std::optional<ModuleAddress> find(uint64_t address) const;

 private:
  struct Range {
    uint64_t start = 0;
    uint64_t end = 0;
    ModuleId module;
    uint64_t bias = 0;
  };
  void add_image(const Mapping& mapping, ModuleFiles& files);
  void add_mapping(const Mapping& mapping);

  std::vector<Range> ranges_;  // sorted by start, disjoint
};

}  // namespace quarrel
