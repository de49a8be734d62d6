// What do C's atomics, pthread locks and threads look like?
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct stats {
  _Atomic long hits;
  atomic_int misses;
  long plain;
  pthread_mutex_t lock;
  pthread_rwlock_t rw;
  pthread_spinlock_t spin;
};

static struct stats stats;
static int total;

static void* worker(void* argument) {
  struct stats* s = argument;
  s->hits++;
  s->hits = 3;
  long copy = s->hits;
  atomic_fetch_add_explicit(&s->misses, 1, memory_order_relaxed);
  atomic_store(&s->misses, (int)copy);
  pthread_mutex_lock(&s->lock);
  s->plain += 1;
  pthread_mutex_unlock(&s->lock);
  pthread_rwlock_rdlock(&s->rw);
  copy = s->plain;
  pthread_rwlock_unlock(&s->rw);
  if (pthread_spin_trylock(&s->spin) == 0) {
    total++;
    pthread_spin_unlock(&s->spin);
  }
  total--;
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  struct stats* made = malloc(sizeof *made);
  made->plain = 1;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, worker, &stats);
  return 0;
}
