// Does a scan believe what .quarrel.toml says about functions, macros and types?
typedef struct {
  int word;
} latch_t;

struct table {
  latch_t latch;
  long hits;
  int guard;
  int value;
};

void counter_bump(long* counter, long n);
long counter_read(long* counter);
#define COUNTER_GET(c) counter_read(&(c))
void table_begin(int* guard);
void table_end(int* guard);
void spawn(const char* name, void (*run)(void*), void* argument);
void later(void (*task)(void));

static struct table table;

static void run(void* argument) {
  ((struct table*)argument)->value++;
}
static void task(void) {
  table.value--;
}

int main(void) {
  counter_bump(&table.hits, COUNTER_GET(table.hits));
  spawn("worker", run, &table);
  later(task);
  table_begin(&table.guard);
  table.value = 1;
  table_end(&table.guard);
  return 0;
}
