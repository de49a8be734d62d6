// How does one new file add a check, a collector, a rule or an output format?
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace quarrel {

/// The list of every `T` that some file of the program registered. `T` has a `std::string_view
/// name` (data member or function). A file adds itself by a static object:
///
///     const Registration<Format> kJson{{.name = "json", ...}};
///
/// The folders that register are linked as OBJECT libraries: from a static library the linker would
/// drop them silently. Goldens of the lists (tests/) guard that.
template <class T>
class Registry {
 public:
  /// Every entry, sorted by name, so that no output depends on link order.
  static const std::vector<T>& all() { return entries(); }

  /// The entry of that name, or nullptr.
  static const T* find(std::string_view name) {
    for (const T& entry : entries())
      if (entry.name == name) return &entry;
    return nullptr;
  }

  static void add(T entry) {
    auto& list = entries();
    auto place = std::lower_bound(list.begin(), list.end(), entry,
                                  [](const T& a, const T& b) { return a.name < b.name; });
    list.insert(place, std::move(entry));
  }

 private:
  static std::vector<T>& entries() {
    static std::vector<T> list;
    return list;
  }
};

/// Registers one entry for the life of the program.
template <class T>
struct Registration {
  Registration(T entry) { Registry<T>::add(std::move(entry)); }  // NOLINT
};

}  // namespace quarrel
