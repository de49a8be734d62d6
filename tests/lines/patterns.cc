// Which ways are there for threads to share cache lines, and which only look so?
//
// Each pattern has a twin with padding, or is a control without any sharing. The code of both is
// one template, so that both have the same lines. "@name" marks the line of an access.
#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "pattern.h"

namespace {

using namespace std::chrono_literals;

constexpr size_t kTight = 8;
constexpr size_t kLine = 64;
constexpr auto kPause = 6ms;

/// Makes the compiler load and store what it could keep in registers.
inline void use_memory() {
  asm volatile("" ::: "memory");
}

/// Arithmetic in registers that no access has to wait for.
inline uint64_t scramble(uint64_t value, int rounds) {
  for (int i = 0; i < rounds; ++i) value = value * 6364136223846793005u + 1442695040888963407u;
  return value;
}

thread_local volatile uint64_t t_result = 0;

template <class T>
Access write_of(const T& object, const char* marker) {
  return {&object, sizeof(object), "write", marker};
}

template <class T>
Access read_of(const T& object, const char* marker) {
  return {&object, sizeof(object), "read", marker};
}

// Two threads, each with an atomic counter of its own.

template <size_t kAlign>
struct AtomicCounters {
  alignas(kAlign) std::atomic<long> received{0};
  alignas(kAlign) std::atomic<long> sent{0};
};

template <size_t kAlign>
struct AtomicCountersHolder {
  alignas(kLine) static inline AtomicCounters<kAlign> counters;
};

template <size_t kAlign>
void receive(AtomicCounters<kAlign>& counters, long iterations) {
  for (long i = 0; i < iterations; ++i)
    counters.received.fetch_add(1, std::memory_order_relaxed);  // @received
}

template <size_t kAlign>
void send(AtomicCounters<kAlign>& counters, long iterations) {
  for (long i = 0; i < iterations; ++i)
    counters.sent.fetch_add(1, std::memory_order_relaxed);  // @sent
}

template <size_t kAlign>
Pattern adjacent_atomics() {
  auto& counters = AtomicCountersHolder<kAlign>::counters;
  Pattern pattern{.pause = kPause};
  pattern.roles = {
      {"receiver",
       {write_of(counters.received, "received")},
       [&](long count) { receive(counters, count); }},
      {"sender", {write_of(counters.sent, "sent")}, [&](long count) { send(counters, count); }}};
  return pattern;
}

template <size_t kAlign>
Pattern phases() {
  Pattern pattern = adjacent_atomics<kAlign>();
  pattern.takes_turns = true;
  return pattern;
}

// Two threads, each with a plain counter of its own.

template <size_t kAlign>
struct PlainCounters {
  alignas(kAlign) long parsed = 0;
  alignas(kAlign) long written = 0;
};

template <size_t kAlign>
struct PlainCountersHolder {
  alignas(kLine) static inline PlainCounters<kAlign> counters;
};

template <size_t kAlign>
void parse(PlainCounters<kAlign>& counters, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    ++counters.parsed;  // @parsed
    use_memory();
  }
}

template <size_t kAlign>
void write_out(PlainCounters<kAlign>& counters, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    ++counters.written;  // @written
    use_memory();
  }
}

template <size_t kAlign>
Pattern plain_counters() {
  auto& counters = PlainCountersHolder<kAlign>::counters;
  Pattern pattern{.pause = kPause};
  pattern.roles = {{"parser",
                    {write_of(counters.parsed, "parsed")},
                    [&](long count) { parse(counters, count); }},
                   {"writer", {write_of(counters.written, "written")}, [&](long count) {
                      write_out(counters, count);
                    }}};
  return pattern;
}

// A thread polls a flag that stands beside the hot counter of another one.

template <size_t kAlign>
struct Server {
  alignas(kAlign) std::atomic<long> requests{0};
  alignas(kAlign) std::atomic<bool> is_stopping{false};
};

template <size_t kAlign>
struct ServerHolder {
  alignas(kLine) static inline Server<kAlign> server;
};

template <size_t kAlign>
void serve(Server<kAlign>& server, long iterations) {
  for (long i = 0; i < iterations; ++i)
    server.requests.fetch_add(1, std::memory_order_relaxed);  // @requests
}

template <size_t kAlign>
void compute(const Server<kAlign>& server, long iterations) {
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    if (server.is_stopping.load(std::memory_order_relaxed)) return;  // @is_stopping
    value = scramble(value, 4);
  }
  t_result = value;
}

template <size_t kAlign>
Pattern flag_beside_counter() {
  auto& server = ServerHolder<kAlign>::server;
  Pattern pattern{.pause = kPause};
  pattern.roles = {{"server",
                    {write_of(server.requests, "requests")},
                    [&](long count) { serve(server, count); }},
                   {"computer", {read_of(server.is_stopping, "is_stopping")}, [&](long count) {
                      compute(server, count);
                    }}};
  return pattern;
}

// A thread reads its settings, by pointer, from beside what another one counts.

template <size_t kAlign>
struct Pool {
  alignas(kAlign) uint32_t limit = 1u << 20;
  uint32_t scale = 3;
  uint32_t shift = 2;
  alignas(kAlign) std::atomic<long> used{0};
};

template <size_t kAlign>
void use_pool(Pool<kAlign>* pool, long iterations) {
  for (long i = 0; i < iterations; ++i)
    pool->used.fetch_add(1, std::memory_order_relaxed);  // @used
}

template <size_t kAlign>
void plan(const Pool<kAlign>* pool, long iterations) {
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    value = value * pool->scale + uint64_t(i);  // @scale
    value ^= value >> pool->shift;              // @shift
    if (value > pool->limit) value >>= 20;      // @limit
    use_memory();
  }
  t_result = value;
}

template <size_t kAlign>
Pattern config_beside_counter() {
  auto pool = std::shared_ptr<Pool<kAlign>>(new (std::align_val_t(kLine)) Pool<kAlign>,
                                            [](Pool<kAlign>*) {});
  Pattern pattern{.memory = pool, .pause = kPause};
  Pool<kAlign>* use = pool.get();
  pattern.roles = {
      {"user", {write_of(use->used, "used")}, [=](long n) { use_pool(use, n); }},
      {"planner",
       {read_of(use->scale, "scale"), read_of(use->shift, "shift"), read_of(use->limit, "limit")},
       [=](long count) { plan(use, count); }}};
  return pattern;
}

// Two mutexes that have nothing to do with each other.

template <size_t kAlign>
struct Queues {
  alignas(kAlign) std::mutex in_mutex;
  alignas(kAlign) std::mutex out_mutex;
};

template <size_t kAlign>
struct QueuesHolder {
  alignas(kLine) static inline Queues<kAlign> queues;
  alignas(kLine) static inline long in_length = 0;
  alignas(kLine) static inline long out_length = 0;
};

template <size_t kAlign>
void push(Queues<kAlign>& queues, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    queues.in_mutex.lock();  // @in_lock
    ++QueuesHolder<kAlign>::in_length;
    queues.in_mutex.unlock();  // @in_unlock
  }
}

template <size_t kAlign>
void pop(Queues<kAlign>& queues, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    queues.out_mutex.lock();  // @out_lock
    ++QueuesHolder<kAlign>::out_length;
    queues.out_mutex.unlock();  // @out_unlock
  }
}

template <size_t kAlign>
Pattern two_mutexes() {
  auto& queues = QueuesHolder<kAlign>::queues;
  Pattern pattern{.pause = kPause};
  // The word of a mutex, at its start, is what both lock and unlock change first.
  const auto word = [](std::mutex& mutex, const char* marker) {
    return Access{&mutex, 4, "write", marker};
  };
  pattern.roles = {{"pusher", {word(queues.in_mutex, "")}, [&](long n) { push(queues, n); }},
                   {"popper", {word(queues.out_mutex, "")}, [&](long n) { pop(queues, n); }}};
  return pattern;
}

// The counts of a shared_ptr stand before the object that make_shared() made with them.

struct Session {
  long bytes = 0;
  long packets = 0;
};

/// Where the count of owners stands: libstdc++'s control block has it behind its vtable.
template <size_t kAlign>
const volatile void* use_count_of(const std::shared_ptr<Session>& session) {
  if (kAlign == kTight) return reinterpret_cast<const char*>(session.get()) - 8;
  const void* const* parts = reinterpret_cast<const void* const*>(&session);
  return static_cast<const char*>(parts[1]) + 8;
}

template <size_t kAlign>
void pass_on(const std::shared_ptr<Session>& session, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    std::shared_ptr<Session> copy = session;  // @copy
    use_memory();
  }
}

template <size_t kAlign>
void account(Session& session, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    ++session.bytes;  // @bytes
    use_memory();
  }
}

/// Starts every block on a line.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  explicit LineAllocator(const LineAllocator<U>&) {}
  T* allocate(size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(kLine)));
  }
  void deallocate(T* block, size_t) { ::operator delete(block, std::align_val_t(kLine)); }
  bool operator==(const LineAllocator&) const { return true; }
};

template <size_t kAlign>
Pattern shared_pointer() {
  auto session = std::make_shared<std::shared_ptr<Session>>();
  if (kAlign == kTight)
    *session = std::allocate_shared<Session>(LineAllocator<Session>());
  else
    session->reset(new (std::align_val_t(kLine)) Session, [](Session*) {});
  Pattern pattern{.memory = session, .pause = kPause};
  std::shared_ptr<Session>& pointer = *session;
  pattern.roles = {{"passer",
                    {{use_count_of<kAlign>(pointer), 4, "write", ""}},
                    [&](long count) { pass_on<kAlign>(pointer, count); }},
                   {"accountant", {write_of(pointer->bytes, "bytes")}, [&](long count) {
                      account<kAlign>(*pointer, count);
                    }}};
  return pattern;
}

// Two small objects of different types that the allocator put on one line.

struct Job {
  long id = 0;
  long done = 0;
};

struct Tally {
  long sum = 0;
  long largest = 0;
};

template <size_t kAlign>
void run_job(Job* job, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    ++job->done;  // @done
    use_memory();
  }
}

template <size_t kAlign>
void add_up(Tally* tally, long iterations) {
  for (long i = 0; i < iterations; ++i) {
    tally->sum += i;  // @sum
    use_memory();
  }
}

template <size_t kAlign>
Pattern heap_neighbours() {
  // One block that both are cut from stands for an allocator that packs small objects.
  auto block =
      std::shared_ptr<char>(static_cast<char*>(std::aligned_alloc(kLine, 4 * kLine)), [](char*) {});
  Job* job = new (block.get()) Job;
  Tally* tally = new (block.get() + (kAlign == kTight ? 32 : 2 * kLine)) Tally;
  Pattern pattern{.memory = block, .pause = kPause};
  pattern.roles = {
      {"runner", {write_of(job->done, "done")}, [=](long n) { run_job<kAlign>(job, n); }},
      {"adder", {write_of(tally->sum, "sum")}, [=](long n) { add_up<kAlign>(tally, n); }}};
  return pattern;
}

// An array with an element for each thread.

template <size_t kAlign>
struct alignas(kAlign) ThreadStats {
  long hits = 0;
  long misses = 0;
};

constexpr size_t kStatThreads = 3;

template <size_t kAlign>
struct ThreadStatsHolder {
  alignas(kLine) static inline ThreadStats<kAlign> stats[kStatThreads];
};

template <size_t kAlign>
void look_up(size_t thread, long iterations) {
  auto* stats = ThreadStatsHolder<kAlign>::stats;
  for (long i = 0; i < iterations; ++i) {
    if (i % 8 != 0)
      ++stats[thread].hits;  // @hits
    else
      ++stats[thread].misses;  // @misses
    use_memory();
  }
}

template <size_t kAlign>
Pattern per_thread_array() {
  auto* stats = ThreadStatsHolder<kAlign>::stats;
  Pattern pattern{.pause = kPause};
  for (size_t i = 0; i < kStatThreads; ++i)
    pattern.roles.push_back({"lookup-" + std::to_string(i),
                             {write_of(stats[i].hits, "hits"), write_of(stats[i].misses, "misses")},
                             [=](long count) { look_up<kAlign>(i, count); }});
  return pattern;
}

// Elements of vectors, one for each thread: of a member, and of a global.

class Results {
 public:
  static constexpr size_t kElements = 64;

  /// Element `i` of those that begin on a line.
  long& of(size_t i) { return results_[first() + i]; }

  void count(size_t i, long iterations) {
    const size_t index = first() + i;
    for (long n = 0; n < iterations; ++n) {
      ++results_[index];  // @results
      use_memory();
    }
  }

 private:
  size_t first() const {
    size_t index = 0;
    while (reinterpret_cast<uintptr_t>(&results_[index]) % kLine != 0) ++index;
    return index;
  }

  std::vector<long> results_ = std::vector<long>(kElements);
};

template <size_t kAlign>
Pattern vector_member() {
  auto results = std::make_shared<Results>();
  Pattern pattern{.memory = results, .pause = kPause};
  for (size_t i = 0; i < 2; ++i) {
    const size_t index = i * kAlign / sizeof(long);
    pattern.roles.push_back({"counter-" + std::to_string(i),
                             {write_of(results->of(index), "results")},
                             [=](long count) { results->count(index, count); }});
  }
  return pattern;
}

std::vector<long> g_totals(Results::kElements);

void add_to_total(size_t index, long iterations) {
  for (long n = 0; n < iterations; ++n) {
    ++g_totals[index];  // @totals
    use_memory();
  }
}

template <size_t kAlign>
Pattern global_vector() {
  size_t first = 0;
  while (reinterpret_cast<uintptr_t>(&g_totals[first]) % kLine != 0) ++first;
  Pattern pattern{.pause = kPause};
  for (size_t i = 0; i < 2; ++i) {
    const size_t index = first + i * kAlign / sizeof(long);
    pattern.roles.push_back({"adder-" + std::to_string(i),
                             {write_of(g_totals[index], "totals")},
                             [=](long count) { add_to_total(index, count); }});
  }
  return pattern;
}

// Two processes with counters in memory that both have mapped.

template <size_t kAlign>
Pattern processes() {
  auto* counters =
      new (mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
          AtomicCounters<kAlign>;
  Pattern pattern{.is_process_pair = true, .pause = kPause};
  pattern.roles = {
      {"receiver",
       {write_of(counters->received, "received")},
       [=](long count) { receive(*counters, count); }},
      {"sender", {write_of(counters->sent, "sent")}, [=](long count) { send(*counters, count); }}};
  return pattern;
}

// Two threads only store, each beside the other, and have enough to do otherwise: the store buffer
// hides that the line is away. Not in unoptimised code: it stores so much besides, into its frame,
// that the buffer fills up.

/// scramble() without a store also where nothing is optimised: stores of its own would wait behind
/// those that are shared.
inline uint64_t scramble_in_registers(uint64_t value, uint64_t rounds) {
  asm volatile(
      "1: imulq %2, %0\n"
      "addq %2, %0\n"
      "decq %1\n"
      "jnz 1b"
      : "+r"(value), "+r"(rounds)
      : "r"(6364136223846793005u)
      : "cc");
  return value;
}

template <size_t kAlign>
struct Progress {
  alignas(kAlign) uint64_t reader = 0;
  alignas(kAlign) uint64_t writer = 0;
};

template <size_t kAlign>
struct ProgressHolder {
  alignas(kLine) static inline Progress<kAlign> progress;
};

template <size_t kAlign>
void read_on(Progress<kAlign>& progress, long iterations) {
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    value = scramble_in_registers(value, 6);
    progress.reader = value;  // @reader
    use_memory();
  }
  t_result = value;
}

template <size_t kAlign>
void write_on(Progress<kAlign>& progress, long iterations) {
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    value = scramble_in_registers(value, 6);
    progress.writer = value;  // @writer
    use_memory();
  }
  t_result = value;
}

template <size_t kAlign>
Pattern hidden_stores() {
  auto& progress = ProgressHolder<kAlign>::progress;
  Pattern pattern{.pause = kPause};
  pattern.roles = {{"read-on",
                    {write_of(progress.reader, "reader")},
                    [&](long count) { read_on(progress, count); }},
                   {"write-on", {write_of(progress.writer, "writer")}, [&](long count) {
                      write_on(progress, count);
                    }}};
  return pattern;
}

// Counters of many objects: each line has a field of one thread and a field of the other, and none
// of the lines is hot by itself.

template <size_t kAlign>
struct alignas(2 * kAlign) Bucket {
  alignas(kAlign) std::atomic<long> found{0};
  alignas(kAlign) std::atomic<long> stored{0};
};

constexpr size_t kBuckets = 4096;

template <size_t kAlign>
void find_buckets(std::vector<Bucket<kAlign>>& buckets, long iterations) {
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    value = scramble(value, 1);
    buckets[value >> 52].found.fetch_add(1, std::memory_order_relaxed);  // @found
  }
  t_result = value;
}

template <size_t kAlign>
void store_buckets(std::vector<Bucket<kAlign>>& buckets, long iterations) {
  uint64_t value = t_result + 12345;
  for (long i = 0; i < iterations; ++i) {
    value = scramble(value, 1);
    buckets[value >> 52].stored.fetch_add(1, std::memory_order_relaxed);  // @stored
  }
  t_result = value;
}

template <size_t kAlign>
Pattern spread_counters() {
  auto buckets = std::make_shared<std::vector<Bucket<kAlign>>>(kBuckets);
  Pattern pattern{.memory = buckets, .pause = kPause};
  auto& all = *buckets;
  const auto of_all = [](Access access) {
    access.elements = kBuckets;
    access.stride = sizeof(Bucket<kAlign>);
    return access;
  };
  pattern.roles = {{"finder",
                    {of_all(write_of(all[0].found, "found"))},
                    [&](long count) { find_buckets(all, count); }},
                   {"storer", {of_all(write_of(all[0].stored, "stored"))}, [&](long count) {
                      store_buckets(all, count);
                    }}};
  return pattern;
}

// Controls.

std::atomic<long> g_total{0};

void add_total(long iterations) {
  for (long i = 0; i < iterations; ++i) g_total.fetch_add(1, std::memory_order_relaxed);  // @total
}

Pattern true_sharing() {
  Pattern pattern{.pause = kPause};
  pattern.roles = {{"adder-1", {write_of(g_total, "total")}, add_total},
                   {"adder-2", {write_of(g_total, "total")}, add_total}};
  return pattern;
}

struct alignas(kLine) Table {
  std::array<std::atomic<uint32_t>, 16> factors{};
};

Table g_table;

/// Reads a table that changes every tenth of a second.
void read_table(long iterations, bool changes_it) {
  static std::atomic<int64_t> changed_at{0};
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    const uint32_t factor = g_table.factors[value >> 60].load(std::memory_order_relaxed);
    value = scramble(value + factor, 1);
  }
  t_result = value;
  const int64_t now = std::chrono::steady_clock::now().time_since_epoch() / 100ms;
  if (changes_it && changed_at.exchange(now) != now)
    g_table.factors[value >> 60].store(uint32_t(value), std::memory_order_relaxed);
}

Pattern read_mostly() {
  Pattern pattern{.pause = kPause};
  pattern.roles = {{"table-1", {}, [](long count) { read_table(count, true); }},
                   {"table-2", {}, [](long count) { read_table(count, false); }}};
  return pattern;
}

void sort_on_stack(long iterations) {
  uint64_t cells[32] = {};
  uint64_t value = t_result;
  for (long i = 0; i < iterations; ++i) {
    value = scramble(value, 1);
    cells[value >> 59] += value;
    use_memory();
  }
  t_result = value + cells[3];
}

Pattern own_stack() {
  Pattern pattern{.pause = kPause};
  pattern.roles = {{"stack-1", {}, sort_on_stack}, {"stack-2", {}, sort_on_stack}};
  return pattern;
}

template <Pattern (*kTightOne)(), Pattern (*kPaddedOne)()>
PatternInfo shared(std::optional<bool> is_harmful) {
  return {Truth::kFalseSharing, is_harmful, kTightOne, kPaddedOne};
}

}  // namespace

const std::map<std::string, PatternInfo>& all_patterns() {
  static const std::map<std::string, PatternInfo> patterns = {
      {"adjacent_atomics", shared<adjacent_atomics<kTight>, adjacent_atomics<kLine>>(true)},
      {"plain_counters", shared<plain_counters<kTight>, plain_counters<kLine>>(true)},
      {"flag_beside_counter",
       shared<flag_beside_counter<kTight>, flag_beside_counter<kLine>>(true)},
      {"config_beside_counter",
       shared<config_beside_counter<kTight>, config_beside_counter<kLine>>(true)},
      {"two_mutexes", shared<two_mutexes<kTight>, two_mutexes<kLine>>(true)},
      {"shared_pointer", shared<shared_pointer<kTight>, shared_pointer<kLine>>(true)},
      {"heap_neighbours", shared<heap_neighbours<kTight>, heap_neighbours<kLine>>(true)},
      {"per_thread_array", shared<per_thread_array<kTight>, per_thread_array<kLine>>(true)},
      {"vector_member", shared<vector_member<kTight>, vector_member<kLine>>(true)},
      {"global_vector", shared<global_vector<kTight>, global_vector<kLine>>(true)},
      {"processes", shared<processes<kTight>, processes<kLine>>(true)},
      {"spread_counters", shared<spread_counters<kTight>, spread_counters<kLine>>(true)},
      {"hidden_stores", shared<hidden_stores<kTight>, hidden_stores<kLine>>(std::nullopt)},
      {"phases", shared<phases<kTight>, phases<kLine>>(false)},
      {"true_sharing", {Truth::kTrueSharing, true, true_sharing, {}}},
      {"read_mostly", {Truth::kNothing, false, read_mostly, {}}},
      {"own_stack", {Truth::kNothing, false, own_stack, {}}},
  };
  return patterns;
}
