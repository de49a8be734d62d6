// Have these bytes been damaged?
#pragma once

#include <cstdint>
#include <string_view>

namespace quarrel {

/// A fast checksum against damage, not against forgery: a flipped bit never goes unseen, other
/// damage with a probability of 2^-64. The same on every host.
uint64_t checksum(std::string_view bytes);

}  // namespace quarrel
