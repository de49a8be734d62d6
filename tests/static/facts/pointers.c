// Which functions do calls through pointers reach?
#include <pthread.h>

typedef void (*handler)(int);

struct ops {
  const char* name;
  handler run;
  void* (*body)(void*);
};

static int runs;
static void first(int n) {
  runs += n;
}
static void second(int n) {
  runs -= n;
}
static void* body(void* argument) {
  return argument;
}
static struct ops table[] = {{"first", first, body}, {.name = "second", .run = second}};
static handler current;

static void set(handler next) {
  current = next;
}
static void each(int n, handler call) {
  for (int i = 0; i < n; i++) call(i);
}

int main(void) {
  pthread_t thread;
  struct ops mine = {.run = first};
  pthread_create(&thread, NULL, table[0].body, &mine);
  table[1].run(1);
  mine.run = second;
  set(first);
  current(2);
  each(3, second);
  handler local = first;
  local(3);
  (*mine.run)(4);
  return 0;
}
