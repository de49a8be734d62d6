// What is left of records that errors stand in?
#include "missing.h"
struct Inner {
  Unknown u;
  int x;
};
struct Outer {
  int a;
  Inner inner;
  int b;
};
struct Method {
  int a;
  void f() { undeclared(); }
  int g(Unknown&) { return 1; }
  int b;
};
struct Base : Nothing {
  int c;
};
struct Derived2 : Base {
  int d;
};
namespace n {
struct Good {
  int a;
  long b;
};
}  // namespace n
int use(Outer& o) {
  return o.a + o.b;
}
