// A library that is opened while the program runs, and calls back into it.
extern "C" __attribute__((noinline)) void call_back(void (*function)()) {
  function();
  asm volatile("");
}
