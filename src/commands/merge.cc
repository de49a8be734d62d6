// How do facts of single translation units, made anywhere, become those of one program?
#include "merge/fact_merger.h"

#include <fmt/format.h>

#include "commands/command.h"
#include "commands/rendering.h"
#include "store/store.h"

namespace quarrel {
namespace {

std::vector<std::string> g_paths;
std::string g_output;
bool g_overwrite = false;

Result<SourceFacts> merge_files(const std::vector<std::string>& paths) {
  FactMerger merger;
  for (const std::string& path : paths) {
    TRY(SourceFacts facts, read_facts(path));
    merger.add(std::move(facts));
  }
  return merger.finish();
}

int run(const std::vector<std::string>&) {
  if (g_output.empty()) return fail("merge", "-o FILE is needed: where the merged facts go");
  const auto facts = merge_files(g_paths);
  if (!facts.ok()) return fail("merge", facts.error().message);
  const auto written = write_facts(g_output, *facts, g_overwrite);
  if (!written.ok()) return fail("merge", written.error().message);
  fmt::print(stderr, "{} files, {} translation units -> {}\n", g_paths.size(), facts->units.size(),
             g_output);
  return kExitClean;
}

const Registration<Command> kMerge{{
    "merge",
    {.name = "merge",
     .summary = "Merge facts of several scans into one file",
     .details = "A build farm can scan each translation unit where it compiles it:\n"
                "  quarrel scan -p build src/a.cc --facts a.quarrel\n"
                "  quarrel merge a.quarrel b.quarrel -o app.quarrel\n"
                "  quarrel report app.quarrel\n"
                "The result is the same, byte for byte, as that of one scan with --facts.\n\n"
                "Exit: 0 clean, 2 error.",
     .options = {{"files", "FILE", "files made by 'quarrel scan --facts'", &g_paths, true},
                 {"-o,--output", "FILE", "where the merged facts go", &g_output},
                 {"--force", "", "overwrite FILE", &g_overwrite}}},
    run,
}};

}  // namespace
}  // namespace quarrel
