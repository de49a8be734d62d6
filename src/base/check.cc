// What does the user see when one of our invariants breaks?
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace quarrel {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr,
               "quarrel: internal error: CHECK(%s) failed at %s:%d. This is a bug in quarrel; "
               "please report it with the command you ran.\n",
               condition, file, line);
  std::abort();
}

}  // namespace quarrel
