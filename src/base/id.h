// How is an index into one table kept from being used as an index into another?
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace quarrel {

/// A typed index into a vector of the model. `Id<struct ThreadTag>` cannot be passed where
/// `Id<struct StackTag>` is wanted. A default-constructed id names nothing.
template <class Tag>
struct Id {
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  uint32_t value = kNone;

  constexpr bool is_valid() const { return value != kNone; }
  constexpr auto operator<=>(const Id&) const = default;
};

}  // namespace quarrel

template <class Tag>
struct std::hash<quarrel::Id<Tag>> {
  size_t operator()(quarrel::Id<Tag> id) const noexcept { return std::hash<uint32_t>{}(id.value); }
};
