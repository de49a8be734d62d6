// What do the checks say of facts that a scan kept? recheck FACTS > report.json
//
// The corpus takes an hour to parse and seconds to judge: who writes a rule needs only the second.
#include <fmt/format.h>

#include "checks/check.h"
#include "join/join.h"
#include "report/format.h"
#include "store/store.h"

int main(int argc, char** argv) {
  using namespace quarrel;
  if (argc != 2) return 2;
  const auto facts = read_facts(argv[1]);
  if (!facts.ok()) {
    fmt::print(stderr, "{}\n", facts.error().message);
    return 2;
  }
  const Diagnosis diagnosis = join_static(*facts, run_checks(*facts, {}));
  fmt::print("{}", FormatRegistry::find("json")->render(diagnosis, {}));
  return 0;
}
