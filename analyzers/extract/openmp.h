// Which OpenMP directives stand in a file, and what do they say about the next statement?
//
// libclang does not show the bodies of OpenMP regions. Units are parsed without OpenMP, so that
// they are ordinary statements, and the directives are read from the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quarrel {

struct OpenMpDirective {
  uint32_t first_line = 0;
  uint32_t last_line = 0;
  bool starts_threads = false;  ///< the statement runs in several threads: parallel, task, ...
  bool is_critical = false;
  bool is_atomic = false;
  std::string name;                        ///< "omp parallel", or the name of a critical region
  std::vector<std::string> private_names;  ///< each thread has its own: private, reduction, ...
};

/// In order of lines.
std::vector<OpenMpDirective> openmp_directives(std::string_view text);

}  // namespace quarrel
