// Two lambdas of one macro stand at one place.
#include <thread>
#define TWICE(x) [&] { return [&] { return x; }(); }()
int twice() {
  int value = 0;
  std::thread other([&] { value = TWICE(value) + 1; });
  other.join();
  return value;
}
