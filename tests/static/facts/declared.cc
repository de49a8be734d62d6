// What do declarations say beyond their types: bounds, alignment, elements, locks by name?
#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

#define LINE 64
#define LINE_ALIGNED __attribute__((aligned(LINE)))
#define ALIGNED_TO(n) __attribute__((__aligned__(n)))

namespace config {
constexpr size_t kLine = 128;
constexpr unsigned kThreads = 4;
}  // namespace config
enum { kSlots = 8 };

struct Slot {
  std::atomic<long> hits;
};

template <class T>
struct Padded {
  T value;
  char pad[LINE - sizeof(T) % LINE];
};

template <class T>
struct Handle {
  T* target;
};

struct Elements {
  Slot* pointer;
  Slot (*grid)[kSlots];
  std::vector<Slot> list;
  std::vector<std::unique_ptr<Slot>> boxes;
  std::unique_ptr<Slot[]> owned;
  std::array<Slot, config::kThreads * 2> fixed;
  std::deque<Padded<Slot>> padded;
  std::map<int, Slot> by_number;
  std::shared_ptr<Slot> shared;
  std::span<Slot> view;
  Handle<Slot> handle;
  std::atomic<Slot*> current;
  std::string name;
};

struct Bounds {
  int plain[config::kThreads];
  int two[LINE / 2][kSlots];
  char pad[LINE -  // the rest
           sizeof(long)];
  int (*callbacks[kSlots])(int);
};

struct alignas(config::kLine) Aligned {
  alignas(LINE * 2) int doubled;
  int by_macro LINE_ALIGNED;
  ALIGNED_TO(32) int by_argument;
  alignas(Slot) int by_type;
  alignas(std::hardware_destructive_interference_size) int by_standard;
  [[gnu::aligned(config::kLine)]] int by_attribute;
  int largest __attribute__((aligned));
};

struct LINE_ALIGNED MacroAligned {
  int a;
};

typedef struct Small_ {
  int a;
} Small LINE_ALIGNED;
using Wide [[gnu::aligned(config::kLine)]] = Slot;
typedef Small SmallAgain;

int g_by_macro LINE_ALIGNED;
alignas(config::kLine) static int g_rows[LINE];
alignas(kSlots * 8) thread_local int t_slot;
extern LINE_ALIGNED int g_elsewhere;
Wide g_wide;
Small g_small;

struct Statics {
  static inline std::atomic<int> counter;
  static int outside;
};
int Statics::outside;

// Locks by the names of their types.
typedef volatile int spin_t;
typedef int lock_stats_t;
struct my_rwlock {
  int state;
};
class SpinLock {
 public:
  void enter();

 private:
  bool held_;
};
class Mutex {
  std::atomic<long> word_;
};
class MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) : mutex_(mutex) {}
  ~MutexLock() {}

 private:
  Mutex& mutex_;
};
class ScopedLock {
  Mutex mutex_;
};
struct Block {
  int size;
};
struct FileLock {
  virtual ~FileLock();
};

struct Locks {
  spin_t spin;
  lock_stats_t locks;
  my_rwlock rw;
  SpinLock own;
  Mutex mutex[2];
  Mutex* pointer;
  ScopedLock scoped;
  Block block;
  FileLock* file;
};
Locks g_locks;
Elements g_elements;

void hold(Mutex& mutex) {
  static SpinLock lock;
  MutexLock held(mutex);
}

// Templates that nobody instantiates have an assumed layout.
template <class T, size_t N>
class alignas(LINE) Ring {
  struct Cell {
    std::atomic<size_t> turn;
    T value;
  };
  alignas(LINE) std::atomic<size_t> head_;
  union {
    int number_;
    T other_;
  };
  alignas(config::kLine) std::atomic<T> tail_;
  T items_[N];
  Cell* cells_;
  char pad_[LINE - sizeof(T)];
  SpinLock lock_;
  virtual void run() {}
};
template <class T>
struct Derives : T {
  int own;
};

// Constructive where destructive is meant.
namespace config {
constexpr size_t kNear = std::hardware_constructive_interference_size;
}
#define NEAR config::kNear
struct Mistaken {
  alignas(NEAR) std::atomic<int> first;
  char pad[std::hardware_constructive_interference_size - sizeof(int)];
  alignas(LINE) std::atomic<int> second;
};
struct alignas(config::kNear) MistakenToo {
  int a;
};
