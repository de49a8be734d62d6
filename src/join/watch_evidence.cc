// Do hardware watchpoints confirm that threads share a line?
#include "join/watch_evidence.h"

#include <algorithm>
#include <set>

namespace quarrel {

std::optional<Watched> watched_line(const LineProfile& line, const Recording& recording) {
  const uint64_t end = line.address + std::max<uint32_t>(1, recording.run.host.line_size);
  uint64_t watched_ns = 0;
  for (const WatchedBytes& bytes : recording.watched_bytes)
    if (bytes.address >= line.address && bytes.address < end)
      watched_ns = std::max(watched_ns, bytes.watched_ns);
  if (watched_ns == 0) return std::nullopt;
  Watched watched{.watched_ms = static_cast<double>(watched_ns) / 1e6};
  std::set<ThreadId> threads, writers;
  for (const LineAccess& access : line.accesses) {
    if (access.hits == 0) continue;
    watched.hits += access.hits;
    threads.insert(access.thread);
    if (access.kind != AccessKind::kRead) writers.insert(access.thread);
  }
  watched.threads = threads.size();
  watched.writers = writers.size();
  watched.is_confirmed = threads.size() >= 2 && !writers.empty();
  return watched;
}

}  // namespace quarrel
