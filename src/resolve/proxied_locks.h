// Which lock does a thread wait for if the futex word that it sleeps on is not in the lock?
#pragma once

#include "resolve/address_names.h"

namespace quarrel {

/// Some primitives sleep on a word of the thread (absl::Mutex, parking_lot) or of a shared pool
/// (std::atomic of other sizes than a futex, std::barrier). Their stacks still hold pointers to the
/// object: in the registers of the frames between the sleep and the user's code, and on the stack
/// there. A pointer that leads to a variable of the right type is taken, and called a guess.
///
/// Moves the waits of such a word, in proportion to its stacks, to the address of the object, and
/// adds the object's name to `names`. Where a word says nothing of what its thread waits for (it is
/// the thread's, or that of an OpenMP team) and no object is found, they move to the address of the
/// user's code that waits. Other waits whose object is not found stay with their word.
void redirect_proxied_waits(Recording& recording, FoundNames& names, const ResolveOptions& options);

}  // namespace quarrel
