// How do unwind tables get into the kernel, and into the programs that run there already?
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "collect/mapped_array.h"
#include "model/unwind_table.h"
#include "unwind_tables.h"

struct bpf_map;

namespace quarrel {

/// The maps of bpf/unwind.bpf.h in one loaded object.
struct UnwindMaps {
  bpf_map* rows = nullptr;
  bpf_map* rules = nullptr;
  bpf_map* mappings = nullptr;
  volatile uint32_t* generation = nullptr;     ///< in the object's memory
  volatile uint32_t* mapping_count = nullptr;  ///< of either generation
};

/// Fills the maps. Rows are only ever added, and the mappings have two generations, so programs may
/// run meanwhile. What finds no room is left out: stacks through it are not unwound in the kernel.
class BpfUnwindTables {
 public:
  /// To be called before the load: room for the tables, and for libraries that are opened later.
  static void set_sizes(const UnwindMaps& maps, const std::vector<MappedUnwindTable>& tables);

  /// To be called after the load.
  Result<void> open(const UnwindMaps& maps);

  /// Makes these the tables by which stacks are unwound from now on.
  void update(const std::vector<MappedUnwindTable>& tables);

  uint64_t rows() const { return next_row_; }
  uint64_t left_out() const { return left_out_; }  ///< mappings

 private:
  struct Place {
    uint32_t first_row = 0;
    uint32_t first_rule = 0;
    std::shared_ptr<const UnwindTable> table;  ///< kept, so that its address stays its own
  };
  const Place* place_of(const std::shared_ptr<const UnwindTable>& table);

  UnwindMaps maps_;
  MappedArray rows_;
  MappedArray rules_;
  MappedArray mappings_;
  std::map<const UnwindTable*, Place> places_;
  uint32_t next_row_ = 0;
  uint32_t next_rule_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace quarrel
