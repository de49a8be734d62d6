// Do accesses through small functions, macros and assembly belong to what they are given?
#include <pthread.h>

struct stats {
  long added;
  long swapped;
  long exchanged;
  long plain;
  long loaded;
  long generic;
  long aliased;
  pthread_mutex_t lock;
};

static struct stats stats;
static int flag;

static inline void atomic_add(long* target, long n) {
  __asm__ volatile("lock; addq %1, %0" : "+m"(*target) : "ir"(n) : "memory");
}

static inline long by_register(long* target, long n) {
  __asm__ volatile("lock xaddq %0, (%1)" : "+r"(n) : "r"(target) : "memory");
  return n;
}

#define LOCK_PREFIX "lock; "
#define CAS(p, old, new)                           \
  ({                                               \
    long ret_;                                     \
    __asm__ volatile(LOCK_PREFIX "cmpxchgq %2, %1" \
                     : "=a"(ret_), "+m"(*(p))      \
                     : "r"(new), "0"(old)          \
                     : "memory");                  \
    ret_;                                          \
  })
#define LOAD(p)                                             \
  ({                                                        \
    __typeof__(*(p)) v_ = *(volatile __typeof__(*(p))*)(p); \
    v_;                                                     \
  })
#define ADD(p, n) (sizeof(*(p)) == 8 ? __sync_fetch_and_add((p), (n)) : 0)
#define SWAP(p, n)                                  \
  ({                                                \
    __typeof__(*(p)) v_ = (n);                      \
    __atomic_exchange_n((p), v_, __ATOMIC_ACQ_REL); \
  })

static inline void relax(void) {
  __asm__ volatile("rep; nop" ::: "memory");
}

static inline void add_twice(long* target) {
  atomic_add(target, 1);
  atomic_add(target, 1);
}

static void bump(long* value) {
  (*value)++;
}

static inline void lock_stats(struct stats* s) {
  pthread_mutex_lock(&s->lock);
}
static inline void unlock_stats(struct stats* s) {
  pthread_mutex_unlock(&s->lock);
}
static inline void lock_it(pthread_mutex_t* m) {
  pthread_mutex_lock(m);
}
static inline void unlock_it(pthread_mutex_t* m) {
  pthread_mutex_unlock(m);
}

void use(struct stats* s, long n) {
  atomic_add(&s->added, n);
  add_twice(&stats.added);
  by_register(&s->swapped, n);
  if (CAS(&s->exchanged, 0, n) == 0) return;
  n = LOAD(&s->loaded);
  ADD(&s->generic, n);
  SWAP(&s->generic, s->loaded);
  while (LOAD(&flag)) relax();
  long* p = &s->aliased;
  __atomic_store_n(p, 1, __ATOMIC_RELEASE);
  *p = 2;
  bump(&s->plain);
  lock_stats(s);
  s->plain++;
  unlock_stats(s);
  lock_it(&s->lock);
  s->plain--;
  unlock_it(&s->lock);
  s->plain = 0;
}
