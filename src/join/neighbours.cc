// Do threads fight over one object, or over several that lie side by side?
#include "join/neighbours.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "model/fingerprint.h"

namespace quarrel {
namespace {

struct Element {
  std::string name;
  bool is_record = false;
  uint64_t address = 0;
};

/// An array within a record or a variable is looked at before the record around it.
std::optional<Element> element_of(const TouchedField& touched) {
  const DataObject* object = touched.object;
  if (object == nullptr || object->is_owner_count) return std::nullopt;
  const std::string& record = object->record;
  const std::string name = record.empty() ? object->display : record + "::" + touched.member_name();
  const std::string common = without_indices(name);
  if (common != name && (!record.empty() || common.ends_with("]")))
    return Element{common, false, object->address};
  if (!record.empty()) return Element{record, true, object->address - object->record_offset};
  return std::nullopt;
}

/// Threads that write a field, or those that read one that nobody writes.
using Users = std::pair<std::vector<int32_t>, std::vector<int32_t>>;

Users users_of(const SubjectField& field) {
  return {field.writers, field.writers.empty() ? field.readers : std::vector<int32_t>()};
}

}  // namespace

std::optional<Neighbours> find_neighbours(const LineEvidence& evidence) {
  Neighbours neighbours;
  std::map<uint64_t, std::set<Users>> users;  // by address of the element
  for (const TouchedField& touched : evidence.fields) {
    const auto element = element_of(touched);
    if (!element || (!neighbours.name.empty() && element->name != neighbours.name))
      return std::nullopt;
    neighbours.name = element->name;
    neighbours.is_record = element->is_record;
    users[element->address].insert(users_of(touched.field));
  }
  if (users.size() < 2) return std::nullopt;
  neighbours.count = users.size();
  for (auto one = users.begin(); one != users.end(); ++one) {
    neighbours.share_one_object |= one->second.size() > 1;
    const auto next = std::next(one);
    if (next == users.end()) continue;
    const uint64_t distance = next->first - one->first;
    if (neighbours.stride == 0 || distance < neighbours.stride) neighbours.stride = distance;
  }
  return neighbours;
}

}  // namespace quarrel
