// Does a spelling speak of threads, CPUs or shards?
#pragma once

#include <array>
#include <string_view>

#include "checks/name_words.h"

namespace quarrel {

/// "MAX_THREADS", "tid", "worker_id", "cpu": one for each of what runs at the same time.
inline bool names_threads(std::string_view text) {
  static constexpr std::array<std::string_view, 26> kWords = {
      "thread",    "threads",   "thr",        "tid",     "cpu",      "cpus",      "core",
      "cores",     "lcore",     "lcores",     "worker",  "workers",  "shard",     "shards",
      "reactor",   "reactors",  "stripe",     "stripes", "consumer", "consumers", "producer",
      "producers", "processor", "processors", "percpu",  "hart"};
  return has_any_word(text, kWords);
}

}  // namespace quarrel
