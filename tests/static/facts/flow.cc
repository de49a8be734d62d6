// What flows into a stored value, which conditions guard it, and how do loops look?
#include <array>
#include <atomic>
#include <thread>
#include <vector>

struct Slot {
  long hits = 0;
};

struct Shared {
  std::atomic<int> count{0};
  std::atomic<int> other{0};
  std::atomic<bool> ready{false};
  std::atomic<Slot*> head{nullptr};
  int plain = 0;
  Slot slots[8];
  std::array<Slot, 8> more;
  long cells[4][4];
  std::vector<Slot> rows;

  void flow() {
    count.store(count.load() + 1);
    int old = count.load(std::memory_order_relaxed);
    old += 2;
    other = old;
    plain = plain + other;
    plain++;
    int kept = plain++;
    old = 5;
    count.store(old);
    (void)count.fetch_add(kept);
  }
  void guards() {
    if (!ready.load()) ready.store(true);
    if (count > 3 && plain == 0) other++;
    if (ready) return;
    ready ? plain = 1 : plain = 2;
    while (other.load() == 0) count++;
  }
  void loops(int n) {
    Slot* old = head.load();
    Slot* next = nullptr;
    do {
      next = old + 1;
    } while (!head.compare_exchange_weak(old, next));
    while (ready.exchange(true)) std::this_thread::yield();
    for (int i = 0; i < n; ++i)
      for (auto& each : slots) each.hits++;
    for (;;) {
      if (count.load() == 0) break;
    }
    while (n--) plain++;
  }
  void indices(int tid, Slot* all, Shared* thr) {
    slots[tid].hits++;
    more[tid % 8].hits++;
    rows[thr->plain].hits++;
    rows.at(tid).hits++;
    (all + tid)->hits++;
    cells[tid][2]++;
    cells[tid][thr->plain]++;
    Slot* mine = &slots[tid];
    mine->hits++;
    Slot& same = rows[tid];
    same.hits++;
    slots[3].hits++;
  }
};
