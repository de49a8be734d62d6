// Which compare-exchange takes an old value for proof that nothing happened?
//
// A stack's pop reads the head, reads the next pointer in it, and exchanges the one for the other.
// If the node is taken, freed, and put back in between, the head is the same and next is not.
// Reported where the new value is read through the expected one, unless something that protects
// nodes (hazard pointers, epochs, RCU, a version beside the pointer, a lock) is in sight.
#include <algorithm>

#include "checks/check.h"
#include "checks/lock_usage.h"
#include "checks/name_words.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "cas-aba";

bool names_protection(std::string_view name) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"hazard",   "hazptr",   "hp",        "epoch",  "rcu",   "guard",      "retire", "reclaim",
       "protect",  "version",  "tag",       "tagged", "stamp", "generation", "gen",    "counter",
       "abacount", "refcount", "quiescent", "smr",    "defer", "packed",     "token"});
  return has_any_word(name, kWords);
}

bool is_pointer(const SharedObject& object) {
  return object.type.find('*') != std::string::npos && object.size <= sizeof(uint64_t);
}

/// The member of the node that the new value was read from, "next": it points to what the head
/// does.
const SharedObject* link_in(const ObjectTable& objects, const AccessSite& cas,
                            const SharedObject& head) {
  for (SymbolId source : cas.value_from) {
    const SharedObject* link = objects.find(source);
    const bool is_link = link != nullptr && source != cas.object && link->record != nullptr &&
                         link->type.find('*') != std::string::npos &&
                         head.type.find(link->type) != std::string::npos;
    if (is_link) return link;
  }
  return nullptr;
}

bool is_protected(const CheckContext& context, const AccessSite& cas, const SharedObject& head) {
  if (!context.locks.held_at(cas).empty()) return true;
  if (head.record != nullptr)
    for (const SourceField& field : head.record->fields)
      if (names_protection(field.name)) return true;
  if (names_protection(context.index.function_name(cas.function))) return true;
  const auto calls = context.index.calls_from(cas.function);
  return std::any_of(calls.begin(), calls.end(), [&](const CallEdge* call) {
    return names_protection(called_name(context.index, call->callee));
  });
}

Finding finding_about(const CheckContext& context, const SharedObject& head,
                      const SharedObject& link, const AccessSite& cas) {
  const std::string function = short_function_name(context.index, cas.function);
  Complaint complaint = complaint_about(head);
  complaint.key = function;
  complaint.weight = 40;
  complaint.position = cas.position;
  complaint.declared = site_text(context, cas, head.name);
  complaint.message = function + " exchanges " + head.full_name() + " for the " + link.name +
                      " of what it points to: if that node is taken, reused and put back in "
                      "between, " +
                      link.name + " is an old one";
  complaint.reason =
      "nothing in sight keeps a node from being reused while another thread is "
      "between its load and its compare-exchange";
  complaint.advice = {{.remedy = "atomic",
                       .summary = "a version beside the pointer (a double-width compare-exchange), "
                                  "hazard pointers or epochs, or take the whole list with one "
                                  "exchange"}};
  return finding_of(context.index, kRule, complaint);
}

void check_cas_aba(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const AccessSite& site : index.facts().accesses) {
    if (site.access != SourceAccess::kCompareExchange || site.element_bytes != 0) continue;
    if (index.is_system(site.position.file)) continue;
    const SharedObject* head = objects.find(site.object);
    if (head == nullptr || !is_pointer(*head) || site.is_initialization) continue;
    const SharedObject* link = link_in(objects, site, *head);
    if (link != nullptr && !is_protected(context, site, *head))
      findings.push_back(finding_about(context, *head, *link, site));
  }
}

const Registration<Check> kCasAba{{.name = kRule, .run = check_cas_aba}};

}  // namespace
}  // namespace quarrel
