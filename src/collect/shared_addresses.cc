// Which memory of the target is worth to know more of, because several threads want it?
#include "collect/shared_addresses.h"

namespace quarrel {

void SharedAddresses::take(const Recording& recording) {
  if (recording.run.host.line_size > 0) line_size_ = recording.run.host.line_size;
  for (; next_sample_ < recording.line_samples.size(); ++next_sample_)
    take_sample(recording.line_samples[next_sample_]);
  for (; next_exemplar_ < recording.exemplars.size(); ++next_exemplar_)
    add(recording.exemplars[next_exemplar_].address);
  for (const LockWait& wait : recording.lock_waits) add(wait.address);
}

void SharedAddresses::take_sample(const LineSample& sample) {
  for (const MemoryAccess& access : sample.accesses) {
    if (access.is_own_stack || access.address == 0) continue;
    const uint64_t line = access.address & ~uint64_t{line_size_ - 1};
    const auto [first, is_new] = first_thread_.try_emplace(line, sample.thread);
    if (!is_new && first->second != sample.thread) lines_.insert(line);
  }
}

bool SharedAddresses::touch(uint64_t start, uint64_t bytes) const {
  const auto line = lines_.lower_bound(start & ~uint64_t{line_size_ - 1});
  return line != lines_.end() && *line < start + bytes;
}

}  // namespace quarrel
