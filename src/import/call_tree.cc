// How do the callchains of samples become the stacks of a recording?
#include "import/call_tree.h"

namespace quarrel {

FrameId CallTree::frame(FrameId caller, uint64_t pc, bool is_return_address) {
  const FrameId next{static_cast<uint32_t>(recording_.frames.size())};
  const auto [place, is_new] = frames_.emplace(std::tuple(caller, pc, is_return_address), next);
  if (is_new) recording_.frames.push_back({caller, pc, is_return_address});
  return place->second;
}

StackId CallTree::add(const std::vector<uint64_t>& addresses) {
  if (addresses.empty()) return {};
  FrameId innermost;
  for (size_t i = addresses.size(); i > 0; --i)
    innermost = frame(innermost, addresses[i - 1], i > 1);
  const StackId next{static_cast<uint32_t>(recording_.stacks.size())};
  const auto [place, is_new] = stacks_.emplace(innermost, next);
  // The kernel followed frame pointers: a frame may be missing.
  if (is_new) recording_.stacks.push_back({innermost, StackStatus::kByFramePointer});
  return place->second;
}

}  // namespace quarrel
