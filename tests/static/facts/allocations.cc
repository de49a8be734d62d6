// Who allocates objects of which record, and how well aligned?
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

struct alignas(64) Line {
  long value = 0;
};
struct Plain {
  long values[3];
};
struct Pooled {
  int value;
  void* operator new(size_t size);
};

void* xmalloc(size_t size);
#define NEW_ARRAY(type, n) static_cast<type*>(calloc(n, sizeof(type)))

void by_name(size_t n) {
  Plain* a = static_cast<Plain*>(malloc(sizeof(Plain)));
  a = static_cast<Plain*>(malloc(n * sizeof(*a)));
  Line* b = static_cast<Line*>(aligned_alloc(64, sizeof(Line) * n));
  b = (Line*)xmalloc(4096);
  a = NEW_ARRAY(Plain, n);
  Plain** pointers = static_cast<Plain**>(calloc(n, sizeof(Plain*)));
  void* raw = nullptr;
  if (posix_memalign(&raw, 64, sizeof(Line)) == 0) free(raw);
  free(a), free(b), free(pointers);
}

void by_new(size_t n) {
  auto one = std::make_shared<Line>();
  auto two = std::make_unique<Plain[]>(n);
  Line* three = new Line;
  Plain* four = new Plain[n + 1];
  Pooled* five = new Pooled();
  alignas(Line) char buffer[sizeof(Line)];
  Line* six = new (buffer) Line();
  Plain* seven = new (std::nothrow) Plain{};
  std::vector<Plain> rows;
  rows.reserve(n);
  std::allocator<Line> lines;
  lines.deallocate(lines.allocate(n), n);
  delete three, delete[] four, delete five, delete seven;
  six->value++;
}
