// Which functions and macros take and give back locks, if their names are all that tells?
#include <pthread.h>

typedef struct {
  volatile unsigned ticket;
} spinlock_t;
typedef struct {
  int readers;
} my_rwlock_t;

void spin_lock(spinlock_t* lock);
void spin_unlock(spinlock_t* lock);
void spin_lock_init(spinlock_t* lock);
void my_read_lock(my_rwlock_t* lock);
void my_read_unlock(my_rwlock_t* lock);

#define MUTEX_LOCK(label, l) \
  do {                       \
    (void)(label);           \
    take_slow(l);            \
  } while (0)
#define MUTEX_UNLOCK(label, l) \
  do {                         \
    (void)(label);             \
    __sync_lock_release(l);    \
  } while (0)
void take_slow(unsigned long* l);
void clock_tick(unsigned long* l);

struct item {
  spinlock_t spin;
  my_rwlock_t rw;
  unsigned long word;
  int value;
};

void use(struct item* item) {
  spin_lock_init(&item->spin);
  spin_lock(&item->spin);
  item->value = 1;
  spin_unlock(&item->spin);
  my_read_lock(&item->rw);
  int copy = item->value;
  my_read_unlock(&item->rw);
  MUTEX_LOCK(copy, &item->word);
  item->value = 2;
  MUTEX_UNLOCK(copy, &item->word);
  clock_tick(&item->word);
  item->value = 3;
}
