// What do C declarations say beyond their types?
#include <pthread.h>
#include <stdalign.h>

#define CACHE_LINE 64
#define MAX_THREADS 16
#define THREAD_ALIGNED(n) __attribute__((aligned(n)))

typedef pthread_spinlock_t conn_lock_t;
typedef struct {
  volatile unsigned char flag;
} byte_lock;
typedef struct queue_lock* queue_lock_t;

struct stats {
  unsigned long hits;
} THREAD_ALIGNED(CACHE_LINE);

struct context {
  struct stats per_thread[MAX_THREADS];
  struct stats* other;
  _Alignas(CACHE_LINE) conn_lock_t lock;
  byte_lock flag;
  queue_lock_t handle;
  char pad[CACHE_LINE - sizeof(byte_lock)];
};

struct stats g_stats[MAX_THREADS];
unsigned long g_counters[MAX_THREADS][2];
static conn_lock_t g_lock THREAD_ALIGNED(CACHE_LINE);
int g_tentative;
extern int g_declared[];
__thread int t_id;
struct context g_context;
