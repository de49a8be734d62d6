// May these tests run here? Exit 77 with the reason if not.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (geteuid() != 0) {
    std::fprintf(stderr, "skipped: loading BPF programs needs root; run: sudo ctest -R kernel\n");
    return 77;
  }
  return RUN_ALL_TESTS();
}
