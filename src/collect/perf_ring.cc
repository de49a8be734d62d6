// How do records of a perf event come from the kernel to us?
#include "collect/perf_ring.h"

#include <linux/perf_event.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace quarrel {
namespace {

constexpr size_t kPageBytes = 4096;

struct LostBody {
  uint64_t id;
  uint64_t lost;
};

/// Copies out of the ring, whose end goes on at its beginning.
void copy_out(std::span<const uint8_t> ring, uint64_t at, std::span<uint8_t> into) {
  for (size_t i = 0; i < into.size(); ++i) into[i] = ring[(at + i) % ring.size()];
}

}  // namespace

void PerfPagesUnmapper::operator()(void* pages) const {
  ::munmap(pages, bytes);
}

int PerfRing::map(int event, size_t data_pages) {
  const size_t bytes = (1 + data_pages) * kPageBytes;  // in front is the control page
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
  if (pages == MAP_FAILED) return errno;
  pages_ = std::unique_ptr<void, PerfPagesUnmapper>(pages, PerfPagesUnmapper{bytes});
  return 0;
}

void PerfRing::drain(const std::function<void(const PerfRecord&)>& take) {
  auto* control = static_cast<perf_event_mmap_page*>(pages_.get());
  const std::span<const uint8_t> ring{static_cast<const uint8_t*>(pages_.get()) + kPageBytes,
                                      pages_.get_deleter().bytes - kPageBytes};
  const uint64_t head = std::atomic_ref(control->data_head).load(std::memory_order_acquire);
  uint64_t tail = control->data_tail;
  std::vector<uint8_t> body;
  while (tail < head) {
    perf_event_header header;
    copy_out(ring, tail, {reinterpret_cast<uint8_t*>(&header), sizeof(header)});
    CHECK(header.size >= sizeof(header));
    body.resize(header.size - sizeof(header));
    copy_out(ring, tail + sizeof(header), body);
    take({header.type, header.misc, body});
    tail += header.size;
  }
  std::atomic_ref(control->data_tail).store(tail, std::memory_order_release);
}

uint64_t lost_in(const PerfRecord& record) {
  LostBody body;
  if (record.type != PERF_RECORD_LOST || record.body.size() < sizeof(body)) return 0;
  std::memcpy(&body, record.body.data(), sizeof(body));
  return body.lost;
}

}  // namespace quarrel
