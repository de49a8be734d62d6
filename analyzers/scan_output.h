// Where do the findings of a scan go, and what does the terminal see meanwhile?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "extract/scan.h"
#include "model/diagnosis.h"
#include "report/format.h"

namespace quarrel {

struct OutputOptions {
  std::string format;
  bool json = false;
  bool sarif = false;
  std::string html_file;
  std::string file;  ///< empty: stdout
  std::string fail_on = "warning";
};

/// Chosen formats and files, checked before the long work begins.
class Output {
 public:
  /// Errors: an unknown format or level, two formats at once.
  static Result<Output> prepare(const OutputOptions& options);

  Result<void> write(const Diagnosis& diagnosis) const;

  /// True if a finding is at or above --fail-on.
  bool fails(const Diagnosis& diagnosis) const;

 private:
  OutputOptions options_;
  Level fail_on_ = Level::kWarning;
};

/// "[12/39] util/cache.cc" on stderr if that is a terminal, else nothing.
ScanProgress unit_progress(size_t total);

/// "39 of 39 translation units analysed (2 with errors)" on stderr, and each one that was not.
void report_units(const SourceFacts& facts);

/// True if a translation unit yielded no facts.
bool has_failed_units(const SourceFacts& facts);

/// {"a,b", "c"} -> {"a", "b", "c"}.
std::vector<std::string> split_list(const std::vector<std::string>& lists);

}  // namespace quarrel
