// How far do threads come, and in how much CPU time, by the counters that they keep themselves?
#include "collect/progress.h"

#include <fmt/format.h>
#include <sys/uio.h>

#include <bit>
#include <charconv>

#include "collect/proc_text.h"

namespace quarrel {
namespace {

constexpr size_t kMaxNumbers = 64;

bool is_number(const SuspectBytes& bytes) {
  return bytes.writer.is_valid() && bytes.size <= 8 && std::has_single_bit(bytes.size) &&
         bytes.address % bytes.size == 0;
}

bool read_memory(pid_t pid, uint64_t address, uint16_t size, uint64_t& value) {
  value = 0;
  const iovec to{&value, size};
  const iovec from{reinterpret_cast<void*>(address), size};  // NOLINT(performance-no-int-to-ptr)
  return ::process_vm_readv(pid, &to, 1, &from, 1, 0) == static_cast<ssize_t>(size);
}

/// The first number of schedstat: CPU time in ns, as of the last tick.
bool read_cpu_time(pid_t pid, int32_t tid, uint64_t& cpu_ns) {
  const auto text = read_text_file(fmt::format("/proc/{}/task/{}/schedstat", pid, tid));
  return text &&
         std::from_chars(text->data(), text->data() + text->size(), cpu_ns).ec == std::errc();
}

/// The difference as the number's own size has it: counters wrap.
int64_t steps_between(uint64_t before, uint64_t after, uint16_t size) {
  const unsigned unused_bits = 64 - 8u * size;
  return static_cast<int64_t>((after - before) << unused_bits) >> unused_bits;
}

}  // namespace

bool ProgressMeter::read(Reading& reading, const Recording& recording) const {
  return read_memory(pid_, reading.address, reading.size, reading.value) &&
         read_cpu_time(pid_, recording.threads[reading.thread.value].tid, reading.cpu_ns);
}

void ProgressMeter::begin(const std::vector<WatchTarget>& suspects, const Recording& recording) {
  readings_.clear();
  for (const WatchTarget& target : suspects)
    for (const SuspectBytes& bytes : target.bytes) {
      Reading reading{bytes.address, static_cast<uint16_t>(bytes.size), bytes.writer, 0, 0};
      if (is_number(bytes) && readings_.size() < kMaxNumbers && read(reading, recording))
        readings_.push_back(reading);
    }
}

std::vector<ProgressWindow> ProgressMeter::end(bool is_together, const Recording& recording) {
  std::vector<ProgressWindow> windows;
  for (const Reading& before : readings_) {
    Reading after = before;
    if (!read(after, recording) || after.cpu_ns <= before.cpu_ns) continue;
    windows.push_back({before.address, before.size, before.thread, is_together,
                       steps_between(before.value, after.value, before.size),
                       after.cpu_ns - before.cpu_ns});
  }
  readings_.clear();
  return windows;
}

}  // namespace quarrel
