// Elements behind pointers and in containers: facts of the holder, with the size of the element.
#include <atomic>
#include <deque>
#include <memory>
#include <vector>

struct Tables {
  std::atomic<long>* pointed;
  std::unique_ptr<std::atomic<int>[]> owned;
  long* plain;
  std::vector<short> listed;
  std::deque<long> queued;
  std::vector<std::vector<long>> nested;
  std::vector<bool> bits;

  void update(int i) {
    pointed[i].fetch_add(1, std::memory_order_relaxed);
    owned[i].store(1, std::memory_order_release);
    __atomic_fetch_add(plain + i, 1, __ATOMIC_RELAXED);
    plain[i]++;
    listed[i]++;
    queued.at(i) = 2;
    auto& alias = listed;
    alias[i] = 3;
  }

  // Nothing but the holders.
  long leave(int i) {
    plain[0]++;
    nested[i][i]++;
    bits[i] = true;
    return plain[i] + listed[i] + queued.at(i);
  }
};
