// Which answers of the author are found?
struct Answers {
  int a;  // NOLINT(quarrel-false-sharing): one writer only
  int b;  // NOLINT
  int c;  // NOLINT(bugprone-foo)
  // NOLINTNEXTLINE(google-x, quarrel-mixed-access)
  int d;
  [[clang::annotate("quarrel:false-sharing: measured, no effect")]] int e;
  [[clang::annotate("other:thing")]] int f;
  int NOLINT_is_a_name;
};
const char* text = "NOLINT";
