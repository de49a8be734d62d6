// Which static local variables does a function read and write as if it were the only caller?
#include "checks/static_state.h"

#include <algorithm>

#include "checks/wording.h"

namespace quarrel {
namespace {

bool is_static_local(const FactIndex& index, const SharedObject& object) {
  const SourceVariable* variable = index.variable(object.symbol);
  return variable != nullptr && variable->storage == Storage::kStaticLocal && is_word(object) &&
         !object.is_atomic && !object.is_const;
}

bool is_main_alone(const CheckContext& context, SymbolId function) {
  const auto& roles = context.roles.of(function);
  return !roles.empty() && std::all_of(roles.begin(), roles.end(), [&](RoleId role) {
    return context.roles[role].start == nullptr;
  });
}

bool is_bare(const CheckContext& context, const AccessSite& site) {
  return site.form == AccessForm::kPlain && context.locks.held_at(site).empty();
}

/// The write of a read and a write, or of an update, outside all locks.
const AccessSite* dependent_write(const CheckContext& context, const SharedObject& object) {
  for (const AccessSite* write : object.sites) {
    if (!is_write(write->access) || !is_bare(context, *write)) continue;
    if (write->access == SourceAccess::kReadModifyWrite) return write;
    for (const AccessSite* read : object.sites)
      if (read->access == SourceAccess::kRead && read->function == write->function &&
          read->position < write->position && is_bare(context, *read))
        return write;
  }
  return nullptr;
}

}  // namespace

bool expects_threads(const FactIndex& index) {
  const SourceFacts& facts = index.facts();
  const bool has_field =
      std::any_of(facts.records.begin(), facts.records.end(), [](const SourceRecord& record) {
        return !record.is_in_system_header &&
               std::any_of(record.fields.begin(), record.fields.end(),
                           [](const SourceField& field) {
                             return field.is_atomic || field.lock != LockClass::kNone;
                           });
      });
  return has_field || !facts.thread_entries.empty() || !facts.lock_regions.empty();
}

std::optional<Complaint> static_state(const CheckContext& context, const SharedObject& object) {
  if (!is_static_local(context.index, object)) return std::nullopt;
  const AccessSite* write = dependent_write(context, object);
  if (write == nullptr || is_main_alone(context, write->function)) return std::nullopt;
  Complaint complaint = complaint_about(object);
  const std::string function = short_function_name(context.index, write->function);
  complaint.key = function;
  complaint.weight = 8;
  complaint.message = object.name + ", static in " + function +
                      ", is read and written there as if one thread at a time called it";
  complaint.reason =
      "a static variable is one for all threads; that two of them are there at once "
      "the source does not show";
  complaint.locations = {located(context, object, *write)};
  complaint.advice = {{.remedy = "atomic",
                       .summary = "make it atomic and update it in one piece, make it "
                                  "thread_local, or let a static initialiser compute it once",
                       .memory_bytes = 0}};
  return complaint;
}

}  // namespace quarrel
