// Which operation is it, on what, in which order?
#include <atomic>

struct Counters {
  std::atomic<int> a{0};
  std::atomic<bool> b{false};
  std::atomic<int*> p{nullptr};
  std::atomic_flag flag;
  int plain = 0;
  int other = 0;
  volatile int watched = 0;
  int table[8] = {};
};

Counters g;

void members(Counters* c, int i) {
  c->a = 1;
  ++c->a;
  c->a -= 2;
  int read = c->a;
  c->a.store(read, std::memory_order_release);
  read = c->a.load(std::memory_order_acquire);
  c->a.fetch_add(1, std::memory_order_relaxed);
  c->a.exchange(4);
  c->a.compare_exchange_strong(read, 5, std::memory_order_acq_rel, std::memory_order_relaxed);
  if (c->b) c->p.store(nullptr);
  std::atomic_fetch_add(&c->a, 1);
  std::atomic_load_explicit(&g.a, std::memory_order_consume);
  c->a.notify_one();
  c->flag.test_and_set();
  for (int j = 0; j < 3; ++j) c->table[i] += c->table[2];
}

void references(Counters& c) {
  std::atomic_ref<int> reference(c.plain);
  reference.fetch_add(1);
  std::atomic_ref<int>(c.other).store(2, std::memory_order_relaxed);
}

#define LOAD_RELAXED(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define MY_ADD(p, n) __atomic_fetch_add(p, n, __ATOMIC_SEQ_CST)

void builtins(Counters& c) {
  int expected = 0;
  __atomic_store_n(&c.plain, 1, __ATOMIC_RELEASE);
  __atomic_compare_exchange_n(&c.plain, &expected, 2, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
  LOAD_RELAXED(&c.plain);
  MY_ADD(&c.table[1], 3);
  __sync_fetch_and_add(&c.other, 1);
  __sync_val_compare_and_swap(&c.other, 1, 2);
  __sync_lock_release(&c.other);
  c.watched = 1;
  *(volatile int*)&c.other = 3;
}

int plain(Counters& c, int* out) {
  auto& alias = c.other;
  alias++;
  c.plain = c.other + 1;
  out[0] = sizeof(c.table);
  int* escaped = &c.plain;
  return *escaped;
}

Counters make() {
  Counters local_only{};
  local_only.plain = 3;
  auto* fresh = new Counters;
  fresh->plain = 4;
  return {};
}
