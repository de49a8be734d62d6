// What are the functions called that the target's own compiler made at run time?
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "collect/target.h"
#include "model/recording.h"

namespace quarrel {

/// The map that runtimes write for perf: /tmp/perf-PID.map of the target. It grows as the target
/// runs, and can still be read when the target has ended.
class GeneratedCodeMap {
 public:
  /// While the target lives.
  explicit GeneratedCodeMap(const Target& target);

  /// Looks up the code at which frames of the recording stand, and which is in no file. Adds a row
  /// of coverage if there is such code. The map is believed only if the target's user or root owns
  /// it: /tmp is everybody's.
  void read_into(Recording& recording) const;

 private:
  std::optional<std::string> read(std::string& reason) const;

  Fd folder_;
  std::string name_;
  uid_t user_ = 0;
};

/// The functions of a perf map ("START SIZE name" with hexadecimal numbers in each line) that hold
/// one of `pcs`, which are sorted; of several at one address the last counts. Lines of another form
/// are skipped, names are cut at 512 bytes.
std::vector<GeneratedCode> parse_code_map(std::string_view text, const std::vector<uint64_t>& pcs);

}  // namespace quarrel
