// Which fields and variables does the program use, and where?
#include "checks/shared_objects.h"

#include "checks/own_records.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr uint64_t kWordBytes = 8;

bool is_class(SymbolId record, std::string_view type) {
  return record.is_valid() && !type.ends_with('*') && !type.ends_with('&');
}

bool is_live(const CheckContext& context, const AccessSite& site) {
  return site.access != SourceAccess::kAddress && !context.hotness.is_setup(site) &&
         !context.index.is_system(site.position.file) && !context.roles.is_outside_threads(site);
}

template <class Sites>
void add_live(const CheckContext& context, const Sites& sites, SharedObject& object) {
  for (const AccessSite* site : sites)
    if (is_live(context, *site)) object.sites.push_back(site);
}

SharedObject object_of(const SourceRecord& record, const SourceField& field) {
  return {.symbol = field.symbol,
          .declaration = declaration_of(record),
          .record = &record,
          .name = field.name,
          .type = field.type,
          .position = field.position,
          .offset = field.offset_bits / 8,
          .size = field.size_bits / 8,
          .is_atomic = field.is_atomic,
          .is_const = field.is_const,
          .is_class = is_class(field.type_record, field.type),
          .is_lock = field.lock != LockClass::kNone};
}

SharedObject object_of(const SourceVariable& variable) {
  return {.symbol = variable.symbol,
          .declaration = variable.symbol,
          .name = variable.name,
          .type = variable.type,
          .position = variable.position,
          .size = variable.size_bytes,
          .is_atomic = variable.is_atomic,
          .is_const = variable.type.starts_with("const "),
          .is_class = is_class(variable.type_record, variable.type),
          .is_lock = variable.lock != LockClass::kNone};
}

void add_fields(const CheckContext& context, const SourceRecord& record,
                std::vector<SharedObject>& objects) {
  for (const SourceField& field : record.fields) {
    if (field.lock != LockClass::kNone || field.is_bit_field || field.name.empty()) continue;
    SharedObject object = object_of(record, field);
    add_live(context, context.index.accesses_to_field(record, field), object);
    if (!object.sites.empty()) objects.push_back(std::move(object));
  }
}

bool can_be_shared(const CheckContext& context, const SourceVariable& variable) {
  return (variable.storage == Storage::kGlobal || variable.storage == Storage::kStaticLocal) &&
         variable.lock == LockClass::kNone && !context.index.is_system(variable.position.file);
}

void add_variable(const CheckContext& context, const SourceVariable& variable,
                  std::vector<SharedObject>& objects) {
  SharedObject object = object_of(variable);
  add_live(context, context.index.accesses_to(variable.symbol), object);
  if (!object.sites.empty()) objects.push_back(std::move(object));
}

}  // namespace

std::vector<SharedObject> shared_objects(const CheckContext& context) {
  std::vector<SharedObject> objects;
  for (const SourceRecord& record : context.index.facts().records)
    if (!record.is_in_system_header && !record.is_lambda) add_fields(context, record, objects);
  for (const SourceVariable& variable : context.index.facts().variables)
    if (can_be_shared(context, variable)) add_variable(context, variable, objects);
  return objects;
}

ObjectTable::ObjectTable(const FactIndex& index) {
  for (const SourceRecord& record : index.facts().records)
    for (const SourceField& field : record.fields)
      if (!record.is_in_system_header) objects_.emplace(field.symbol, object_of(record, field));
  for (const SourceVariable& variable : index.facts().variables)
    objects_.emplace(variable.symbol, object_of(variable));
}

const SharedObject* ObjectTable::find(SymbolId symbol) const {
  auto found = objects_.find(symbol);
  return found == objects_.end() ? nullptr : &found->second;
}

bool is_word(const SharedObject& object) {
  if (object.is_atomic) return true;
  return object.size > 0 && object.size <= kWordBytes &&
         object.type.find('[') == object.type.npos && !object.is_class;
}

Complaint complaint_about(const SharedObject& object) {
  Complaint complaint{.type = object.type, .position = object.position};
  if (object.record != nullptr) complaint.record = object.record->name;
  complaint.fields = {{.name = object.name, .offset = object.offset, .size = object.size}};
  complaint.declared = object.name + " is declared here";
  return complaint;
}

FindingLocation located(const CheckContext& context, const SharedObject& object,
                        const AccessSite& site) {
  return context.index.locate(site, is_write(site.access) ? "writer" : "reader",
                              site_text(context, site, object.name));
}

}  // namespace quarrel
