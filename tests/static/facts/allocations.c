// Who allocates, and which memory orders stand where a value belongs, in C?
#include <stdatomic.h>
#include <stdlib.h>

struct line {
  _Alignas(64) long value;
};

struct plain {
  atomic_int hits;
  struct line* lines;
};

void* zcalloc_aligned(size_t count, size_t size, size_t alignment);

struct plain* make(size_t n) {
  struct plain* made = malloc(sizeof *made);
  made->lines = zcalloc_aligned(n, sizeof(struct line), 64);
  made->lines = calloc(n, sizeof(struct line) + 64);
  made->lines = realloc(made->lines, sizeof(struct line[4]));
  atomic_fetch_add(&made->hits, memory_order_relaxed);
  atomic_store_explicit(&made->hits, 1, memory_order_release);
  return made;
}
