// What are the locks called whose holds were measured?
#include "resolve/held_locks.h"

#include "resolve/library_code.h"

namespace quarrel {
namespace {

DataObject describe(const LockHold& hold, const Recording& recording,
                    const std::vector<ResolvedFrame>& frames) {
  DataObject object;
  object.address = hold.address;
  object.display = hold.is_rwlock ? "rwlock" : "mutex";
  if (hold.stack.value >= recording.stacks.size()) return object;
  const FrameId innermost = recording.stacks[hold.stack.value].innermost;
  if (const CodeLocation* user = first_user_code(recording, frames, innermost)) {
    object.display += " taken in " + user->function;
    object.how = "no variable leads to it; told by the function that takes it";
  } else if (innermost.value < frames.size()) {
    object.display += " of a library";
    object.how = "no function of the program itself takes it";
  }
  return object;
}

}  // namespace

std::vector<DataObject> name_held_locks(const Recording& recording,
                                        const std::vector<ResolvedFrame>& frames,
                                        const AddressNames& names) {
  std::vector<DataObject> objects;
  for (const LockHold& hold : recording.lock_holds) {
    const auto name = names.find(hold.address);
    const bool is_named = name != names.end() && name->second.source != NameSource::kUnknown;
    objects.push_back(is_named ? name->second : describe(hold, recording, frames));
  }
  return objects;
}

}  // namespace quarrel
