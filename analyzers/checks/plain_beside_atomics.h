// Which words are plain in a record whose other members say that threads use it?
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "checks/complaint.h"
#include "checks/shared_objects.h"

namespace quarrel {

/// The atomics of each record, and the functions that use them: who touches one counts on others
/// being there at the same time.
class AtomicSiblings {
 public:
  AtomicSiblings(const CheckContext& context, const std::vector<SharedObject>& objects);

  /// Has the object's record other members that are used atomically?
  bool has_any(const SharedObject& object) const;

  /// Does the function use an atomic member of the object's record?
  bool are_used_in(const SharedObject& object, SymbolId function) const;

  /// Does the function update an atomic member of the object's record, as only those do that count
  /// on others doing the same?
  bool are_updated_in(const SharedObject& object, SymbolId function) const;

  /// Does a store to an atomic member behind `write`, and a load of it ahead of `read`, hand the
  /// written value over?
  bool publish(const SharedObject& object, const AccessSite& write, const AccessSite& read) const;

  /// Is there an atomic member that all these functions store, and nobody updates? Then they are
  /// the single writer's, and what only they use is its own.
  bool have_one_owner(const SharedObject& object, const std::vector<SymbolId>& functions) const;

 private:
  std::map<SymbolId, std::vector<const AccessSite*>> by_record_;  // declaration of the record
};

/// Words of a record with atomics that one function writes and another one uses, without a lock;
/// one complaint for a record. `objects` are the members of one record.
std::optional<Complaint> plain_beside_atomics(const CheckContext& context,
                                              const AtomicSiblings& siblings,
                                              const std::vector<const SharedObject*>& objects);

/// The place that updates (`n++`) a plain word of a record with atomics, in a function that uses
/// one of them; nullptr if there is none.
const AccessSite* plain_update(const CheckContext& context, const AtomicSiblings& siblings,
                               const SharedObject& object);

/// One complaint about all such words of one record.
std::optional<Complaint> plain_updates(const CheckContext& context, const AtomicSiblings& siblings,
                                       const std::vector<const SharedObject*>& objects);

/// The members of each record, in the order of the records.
std::vector<std::vector<const SharedObject*>> by_record(const std::vector<SharedObject>& objects);

}  // namespace quarrel
