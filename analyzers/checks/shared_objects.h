// Which fields and variables does the program use, and where?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "checks/complaint.h"
#include "checks/line_members.h"

namespace quarrel {

/// A field, or a variable that threads can share, with the places that use it.
struct SharedObject {
  SymbolId symbol;
  SymbolId declaration;                  ///< of a field: of its record, or that one's template
  const SourceRecord* record = nullptr;  ///< nullptr: a variable
  std::string name;
  std::string type;
  SourcePos position;
  uint64_t offset = 0;
  uint64_t size = 0;
  bool is_atomic = false;
  bool is_const = false;
  bool is_class = false;  ///< its (element) type is a record
  bool is_lock = false;
  /// Outside setup and of the time when there are threads; no address-taking, no system headers.
  std::vector<const AccessSite*> sites;

  /// "Queue::head", "counter".
  std::string full_name() const { return record == nullptr ? name : record->name + "::" + name; }
};

/// All that have at least one site. Instantiations of a template are separate objects.
std::vector<SharedObject> shared_objects(const CheckContext& context);

/// Fields and variables by their symbol; without their sites.
class ObjectTable {
 public:
  explicit ObjectTable(const FactIndex& index);

  /// nullptr if the symbol is no field of the user's records and no variable.
  const SharedObject* find(SymbolId symbol) const;

 private:
  std::map<SymbolId, SharedObject> objects_;
};

/// One word that a processor reads and writes at once: bool, number, enumeration or pointer, plain
/// or atomic.
bool is_word(const SharedObject& object);

/// Names the object; it stands at its declaration.
Complaint complaint_about(const SharedObject& object);

/// The access as a location with its role.
FindingLocation located(const CheckContext& context, const SharedObject& object,
                        const AccessSite& site);

}  // namespace quarrel
