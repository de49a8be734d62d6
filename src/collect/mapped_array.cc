// How does user space see an array of the kernel without asking for each element?
#include "collect/mapped_array.h"

#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace quarrel {

MappedArray::~MappedArray() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
}

Result<void> MappedArray::open(const bpf_map* map) {
  CHECK(bpf_map__value_size(map) % 8 == 0);  // the kernel would pad them
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t count = bpf_map__max_entries(map);
  bytes_ = (bpf_map__value_size(map) * count + page - 1) / page * page;
  void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (memory == MAP_FAILED)
    return Error{fmt::format("mapping the table {} of the kernel: {}", bpf_map__name(map),
                             std::strerror(errno))};
  memory_ = memory;
  count_ = count;
  return {};
}

}  // namespace quarrel
