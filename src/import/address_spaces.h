// Which process, and which place of the recording, does an address of a sample belong to?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "import/perf_data.h"

namespace quarrel {

/// A range of a process's address space, as its last mapping record describes it.
struct Region {
  uint64_t end = 0;
  uint64_t file_offset = 0;
  TextId path = 0;
  FileIdentity file;
  bool is_shared = false;
  bool is_executable = false;
};

/// One process between two exec calls.
struct AddressSpace {
  uint32_t pid = 0;
  TextId name = 0;
  std::optional<uint32_t> number;      ///< in the recording; only with a sample
  std::map<uint64_t, Region> regions;  ///< disjoint, by start
};

/// Replays mappings, forks and execs in the order of time. Addresses come out as
/// model/address_space.h says: private memory by process; memory that processes share at the place
/// where the first of them that was sampled there knows it.
class AddressSpaces {
 public:
  /// The process `main_pid` gets the number 0 and so keeps its addresses.
  explicit AddressSpaces(uint32_t main_pid) : main_pid_(main_pid) {}

  void apply(const CommRecord& comm);
  void apply(const ForkRecord& fork);
  void apply(const MapRecord& map);

  /// Number of the process's present address space; nullopt: there are too many.
  std::optional<uint32_t> number_of(uint32_t pid);

  /// Where the data address stands in the recording; nullopt: beyond what a process can have.
  std::optional<uint64_t> place_data(uint32_t pid, uint64_t address);
  std::optional<uint64_t> place_code(uint32_t pid, uint64_t address);

  /// Those with a number, by number.
  std::vector<const AddressSpace*> numbered() const;

 private:
  AddressSpace& space_of(uint32_t pid);

  struct SharedRange {
    uint64_t file_offset = 0;
    uint64_t size = 0;
    uint64_t place = 0;
  };
  std::vector<AddressSpace> spaces_;
  std::unordered_map<uint32_t, size_t> current_;  ///< by pid
  std::map<FileIdentity, std::vector<SharedRange>> shared_;
  uint32_t main_pid_;
  bool is_main_numbered_ = false;
  uint32_t next_number_ = 1;
  uint64_t regions_ = 0;
};

}  // namespace quarrel
