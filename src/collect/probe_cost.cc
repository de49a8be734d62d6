// What does one probe cost on this host?
#include "collect/probe_cost.h"

#include <link.h>

#include <algorithm>
#include <limits>

#include "collect/clock.h"

// Two jumps to where control would go anyway; stacks can be followed from there.
asm(R"(
  .pushsection .text
  .balign 16
  .type quarrel_probed_code, @function
quarrel_probed_code:
  .cfi_startproc
  jmp quarrel_probed_release
quarrel_probed_release:
  jmp 1f
1:
  ret
  .cfi_endproc
  .size quarrel_probed_code, . - quarrel_probed_code
  .popsection
)");

extern "C" {
void quarrel_probed_code(const void* lock);
void quarrel_probed_release();
}

namespace quarrel {
namespace {

constexpr int kRounds = 20;
constexpr uint64_t kPasses = 200;

// As a block of malloc: its size, with a flag, stands before it.
uint64_t the_lock_in_a_block[2] = {0x21, 0};

struct Search {
  uint64_t address;
  uint64_t file_offset = 0;
  bool is_found = false;
};

int look_into(dl_phdr_info* info, size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uint64_t start = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type != PT_LOAD || search.address - start >= segment.p_filesz) continue;
    search.file_offset = search.address - start + segment.p_offset;
    search.is_found = true;
    return 1;
  }
  return 0;
}

}  // namespace

Result<OwnSites> find_own_sites() {
  Search take{reinterpret_cast<uint64_t>(&quarrel_probed_code)};
  Search release{reinterpret_cast<uint64_t>(&quarrel_probed_release)};
  ::dl_iterate_phdr(look_into, &take);
  ::dl_iterate_phdr(look_into, &release);
  if (!take.is_found || !release.is_found)
    return Error{"the program does not find its own code to measure what a probe costs"};
  return OwnSites{take.file_offset, release.file_offset};
}

uint64_t own_lock_address() {
  return reinterpret_cast<uint64_t>(&the_lock_in_a_block[1]);
}

uint64_t time_own_sites() {
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t start_ns = monotonic_ns();
    for (uint64_t pass = 0; pass < kPasses; ++pass) quarrel_probed_code(&the_lock_in_a_block[1]);
    least = std::min(least, monotonic_ns() - start_ns);
  }
  return least / kPasses;
}

}  // namespace quarrel
