// Where do fields and bases lie?
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

struct Plain {
  char c;
  int32_t i;
  unsigned flag : 1;
  unsigned count : 31;
};

struct Interface {
  virtual ~Interface() = default;
  int id;
};

struct Tail {
  int64_t wide;
  char narrow;
};

struct Derived : Tail, Interface {
  char reuses;
};

struct Virtual : virtual Tail {
  int own;
};

struct alignas(64) Aligned {
  alignas(32) std::atomic<int64_t> hits;
  volatile int seen;
  const int limit = 3;
  struct {
    int inner_a;
    int inner_b;
  };
  union {
    int number;
    float real;
  };
  std::array<std::atomic<int>, 4> slots;
  int grid[2][3];
  std::mutex mutex;
};

template <class T>
struct Shard {
  T value;
  std::vector<Shard<char>> children;
  void add(T t) { value += t; }
};

namespace {
struct Hidden {
  Shard<long> shard;
};
}  // namespace

Aligned g_aligned;
Hidden g_hidden[4];
thread_local int t_local;
static int s_static;
extern int e_extern;
alignas(128) int g_padded;

int use(Derived& derived, Virtual& v) {
  static Plain counter;
  g_hidden[0].shard.add(3);
  return derived.reuses + v.own + counter.i + s_static + t_local;
}

int generic(std::vector<int>& values) {
  auto apply = [](auto& each) {
    if (auto found = each.begin(); found != each.end()) each.clear();
  };
  apply(values);
  return values.size();
}
