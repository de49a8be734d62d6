// What is a pattern of sharing: which threads do what to which bytes, and what is true of it?
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// One access that a role repeats. `marker` stands as "@marker" on its line of the source.
struct Access {
  const volatile void* address = nullptr;
  size_t size = 0;
  std::string kind;  ///< "read" or "write"
  std::string marker;
  size_t elements = 1;  ///< of an array whose elements are all used so
  size_t stride = 0;    ///< bytes between them
};

/// A thread: runs batches, and pauses now and then as threads of a service do.
struct Role {
  std::string name;  ///< of the thread
  std::vector<Access> accesses;
  std::function<void(long iterations)> batch;
};

struct Pattern {
  std::vector<Role> roles;
  std::shared_ptr<void> memory;    ///< what the roles use, if it is on the heap
  bool takes_turns = false;        ///< only one thread runs at a time, for 250 ms
  bool is_process_pair = false;    ///< the last role runs in a process of its own
  std::chrono::nanoseconds pause;  ///< longest pause between bursts; 0: none
};

/// Whether the threads share nothing, other bytes of a line, or the same bytes.
enum class Truth : uint8_t { kNothing, kFalseSharing, kTrueSharing };

struct PatternInfo {
  Truth truth = Truth::kNothing;
  /// Padding (or a counter for each thread) makes it faster; nullopt: on some processors only.
  std::optional<bool> is_harmful = false;
  std::function<Pattern()> make;
  std::function<Pattern()> make_padded;  ///< empty for a control
};

/// All patterns by name.
const std::map<std::string, PatternInfo>& all_patterns();
