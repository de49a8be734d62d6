// Which figures does a table of cache lines show, as the processor saw them?
#include "report/memory_table.h"

#include <fmt/format.h>

#include "report/words.h"

namespace quarrel {

std::vector<std::string> memory_cells(const LineTraffic& traffic) {
  const MemoryCounts& counts = traffic.counts;
  return {format_count(hitm_count(counts)),
          format_count(counts.remote_hitm),
          format_count(peer_count(counts)),
          format_count(counts.loads),
          format_count(counts.stores),
          format_count(counts.store_l1_misses),
          format_count(counts.locked),
          format_count(traffic.threads),
          traffic.transfer_cycles > 0 ? fmt::format("{:.0f}", traffic.transfer_cycles) : ""};
}

}  // namespace quarrel
