// What does an access to an element say about the pointer or container that leads to it?
#pragma once

#include "extract/function_walk.h"

namespace quarrel {

/// The holder is read. `pointed` is set if the element deserves a fact of its own: a word or an
/// atomic, selected by an index that is no constant, that is written or accessed atomically. (Of
/// elements that are records the members have facts.)
ObjectUse use_of_holder(const ObjectUse& element, CXType type);

/// The same for `holder[i]` and `holder.at(i)`, calls that return a reference.
ObjectUse use_of_holder(CXCursor call, const ObjectUse& use);

}  // namespace quarrel
