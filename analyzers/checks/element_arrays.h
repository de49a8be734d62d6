// Which arrays does the program have, and is there an element for each thread?
#pragma once

#include <string>
#include <vector>

#include "checks/line_members.h"

namespace quarrel {

/// Why elements are taken to belong to threads; weakest first.
enum class Ownership : uint8_t {
  kNone,
  kNamed,    ///< array, bound or element is named after threads, cores or workers
  kIndexed,  ///< code gets to its element by the number of a thread or core
  kGiven,    ///< a thread is started with the address of an element
};

/// An array, a container or a pointer to several objects side by side.
struct ElementArray {
  std::string name;
  std::string owner;  ///< the record that has it as a member; "" for a variable
  std::string type;
  SymbolId symbol;
  SourcePos position;
  uint64_t offset = 0;  ///< in the owner
  uint64_t stride = 0;  ///< bytes from one element to the next
  uint64_t count = 0;   ///< elements, if known
  uint64_t alignment = 0;
  const SourceRecord* element = nullptr;  ///< nullptr for elements that are no records
  bool is_element_atomic = false;         ///< std::atomic or a lock
  std::string evidence;                   ///< what says so: "its bound MAX_THREADS"
  Ownership ownership = Ownership::kNone;
};

/// All arrays of the user's own files that live as long as threads do: members, globals, statics.
/// A pointer counts if it is indexed, or if an array was allocated for it.
std::vector<ElementArray> element_arrays(const CheckContext& context);

/// Does the index of the access select an element of the accessed array itself, not, as in
/// "rows[i].cells", of one that holds it?
bool has_own_index(const AccessSite& site);

/// Is one of the words of the name that of a thread, core, worker or shard?
bool names_thread(std::string_view name);

/// As an index or a bound, also short forms as tid and thr.
bool numbers_thread(std::string_view text);

}  // namespace quarrel
