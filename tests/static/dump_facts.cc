// Which facts does a .quarrel file hold, as text that a golden can be compared with?
#include <fmt/format.h>

#include <string>

#include "store/store.h"

namespace quarrel {
namespace {

constexpr const char* kLocks[] = {"", " lock=mutex", " lock=shared", " lock=spin"};
constexpr const char* kStorages[] = {"global", "static local", "thread_local", "local",
                                     "parameter"};
constexpr const char* kAccesses[] = {"read", "write", "rmw", "cas", "address"};
constexpr const char* kForms[] = {"plain", "volatile", "std-atomic", "atomic_ref",
                                  "c11",   "builtin",  "assembly",   "primitive"};
constexpr const char* kOrders[] = {"",         " relaxed", " consume", " acquire",
                                   " release", " acq_rel", " seq_cst", " unknown-order"};
constexpr const char* kModes[] = {"exclusive", "shared", "try"};
constexpr const char* kKinds[] = {"plain", "constructor", "destructor", "lambda"};

constexpr const char* kCalls[] = {"", " virtual", " pointer"};
constexpr const char* kRemarks[] = {"order-as-operand", "constructive-size"};

class Dump {
 public:
  explicit Dump(const SourceFacts& facts) : facts_(facts) {}

  void print() const {
    for (const auto& unit : facts_.units)
      fmt::print("unit {} state={} standard={}{}\n", file(unit.main_file), int(unit.state),
                 unit.standard, unit.has_aligned_new ? " aligned-new" : "");
    for (const auto& record : facts_.records) print_record(record);
    for (const auto& variable : facts_.variables) print_variable(variable);
    for (const auto& alias : facts_.typedefs)
      fmt::print("typedef {} {} of {} size={} align={} alignas='{}'\n", at(alias.position),
                 alias.name, name(alias.record), alias.size_bytes, alias.align_bytes,
                 alias.alignas_text);
    for (const auto& function : facts_.functions)
      fmt::print("function {} {} {}{}{}{}\n", at(function.position), function.name,
                 kKinds[int(function.kind)], function.is_main ? " main" : "",
                 function.is_virtual ? " virtual" : "",
                 function.is_uninstantiated ? " uninstantiated" : "");
    for (const auto& site : facts_.accesses) print_site(site);
    for (const auto& region : facts_.lock_regions) print_region(region);
    for (const auto& entry : facts_.thread_entries)
      fmt::print("thread {} {} runs {}{}{} argument='{}'\n", at(entry.position), entry.mechanism,
                 name(entry.entry), entry.is_in_loop ? " in loop" : "",
                 entry.argument_record.is_valid() ? " with " + name(entry.argument_record) : "",
                 entry.argument);
    for (const auto& call : facts_.calls)
      fmt::print("call {} {} -> {} loop={}{}\n", at(call.position), name(call.caller),
                 name(call.callee), call.loop_depth, kCalls[int(call.kind)]);
    for (const auto& loop : facts_.loops)
      fmt::print("loop {} - {} depth={}{}{} in {}\n", at(loop.begin), at(loop.end), loop.depth,
                 loop.has_pause ? " pause" : "", loop.is_counted ? " counted" : "",
                 name(loop.function));
    for (const auto& each : facts_.allocations)
      fmt::print("allocation {} {} by {} guarantee={}{} size='{}' count='{}' in {}\n",
                 at(each.position), name(each.record), each.allocator, each.guarantee_bytes,
                 each.is_array ? " array" : "", each.size_text, each.count_text,
                 name(each.function));
    for (const auto& remark : facts_.remarks)
      fmt::print("remark {} {} {} '{}' in {}\n", at(remark.position), kRemarks[int(remark.kind)],
                 name(remark.object), remark.text, name(remark.function));
    for (const auto& suppression : facts_.suppressions)
      fmt::print("suppress {} rule='{}' reason='{}'\n", at(suppression.position), suppression.rule,
                 suppression.reason);
  }

 private:
  std::string file(FileId id) const { return id.is_valid() ? facts_.files[id.value] : "?"; }
  /// Without the path of a system header: it names the release of the library.
  std::string name(SymbolId id) const {
    return id.is_valid() ? facts_.symbols[id.value].substr(0, facts_.symbols[id.value].find("|/"))
                         : "?";
  }
  std::string at(const SourcePos& position) const {
    const bool is_system = position.file.is_valid() && facts_.file_is_system[position.file.value];
    // Lines of system headers change with every release of the library.
    if (is_system) return "<system>";
    return fmt::format("{}:{}:{}", file(position.file), position.line, position.column);
  }

  void print_record(const SourceRecord& record) const {
    fmt::print("record {} {} size={} align={}{}{}{}{}\n", at(record.position), record.name,
               record.size_bytes, record.align_bytes,
               alignment(record.alignas_bytes, record.alignas_text),
               record.is_union ? " union" : "", layout(record),
               record.pattern.is_valid() ? " of " + name(record.pattern) : "");
    for (const auto& base : record.bases)
      fmt::print("  base {} bits={}{}\n", name(base.record), base.offset_bits,
                 base.is_virtual ? " virtual" : "");
    for (const auto& field : record.fields)
      fmt::print("  field {}+{} {} {}{}{}{}{}{}{}{}{}\n", field.offset_bits, field.size_bits,
                 field.name, field.type, array(field.array_length),
                 field.is_bit_field ? " bit-field" : "", field.is_atomic ? " atomic" : "",
                 field.is_volatile ? " volatile" : "", field.is_const ? " const" : "",
                 kLocks[int(field.lock)], alignment(field.alignas_bytes, field.alignas_text),
                 as_declared(field));
  }

  void print_variable(const SourceVariable& variable) const {
    fmt::print("variable {} {} {} {} size={} align={}{}{}{}{}{}{}{}\n", at(variable.position),
               variable.name, kStorages[int(variable.storage)], variable.type, variable.size_bytes,
               variable.align_bytes, array(variable.array_length),
               variable.is_atomic ? " atomic" : "", variable.is_volatile ? " volatile" : "",
               kLocks[int(variable.lock)], alignment(variable.alignas_bytes, variable.alignas_text),
               as_declared(variable), variable.is_defined ? "" : " declared-only");
  }

  void print_site(const AccessSite& site) const {
    fmt::print("access {} {}{} {}-{}{} loop={} base='{}'{}{}{}{}{}{}{}{} in {}\n",
               at(site.position), name(site.object),
               site.element_bytes == 0 ? "" : fmt::format("[] of {}", site.element_bytes),
               kForms[int(site.form)], kAccesses[int(site.access)], kOrders[int(site.order)],
               site.loop_depth, site.base, site.is_indexed_by_variable ? " indexed" : "",
               site.index.empty() ? "" : "=" + site.index, site.is_initialization ? " init" : "",
               site.is_in_loop_condition ? " in-condition" : "",
               site.is_result_used ? " result-used" : "", list(" locks", site.locks_held),
               list(" from", site.value_from), list(" guards", site.guarded_by),
               name(site.function));
  }

  void print_region(const LockRegion& region) const {
    fmt::print("region {} - {} {} {} by {} loop={} touches [{}] calls [{}]\n", at(region.begin),
               at(region.end), name(region.lock), kModes[int(region.mode)], region.guard,
               region.loop_depth, names(region.objects), names(region.calls));
  }

  static std::string layout(const SourceRecord& record) {
    return fmt::format("{}{}", record.has_layout ? "" : " no-layout",
                       record.is_layout_assumed ? " assumed" : "");
  }
  static std::string array(uint64_t length) {
    return length == 0 ? "" : fmt::format(" array={}", length);
  }
  static std::string alignment(uint64_t bytes, const std::string& text) {
    return bytes == 0 ? "" : fmt::format(" alignas={} '{}'", bytes, text);
  }
  /// What the declaration of a field or variable says beyond its canonical type.
  template <class T>
  std::string as_declared(const T& object) const {
    std::string text;
    if (object.declared_type != object.type.substr(0, object.type.find('[')))
      text += " declared='" + object.declared_type + "'";
    if (!object.bound_text.empty()) text += " bound='" + object.bound_text + "'";
    if (object.element_record.is_valid()) text += " of " + name(object.element_record);
    return text;
  }
  std::string list(const char* title, const std::vector<SymbolId>& ids) const {
    return ids.empty() ? "" : fmt::format("{}=[{}]", title, names(ids));
  }
  std::string names(const std::vector<SymbolId>& ids) const {
    std::string list;
    for (SymbolId id : ids) list += (list.empty() ? "" : " ") + name(id);
    return list;
  }

  const SourceFacts& facts_;
};

}  // namespace
}  // namespace quarrel

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto facts = quarrel::read_facts(argv[1]);
  if (!facts.ok()) {
    fmt::print(stderr, "{}\n", facts.error().message);
    return 2;
  }
  quarrel::Dump(*facts).print();
}
