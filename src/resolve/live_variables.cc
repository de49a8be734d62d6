// Which variable of a captured frame holds, or points to, the object at an address?
#include "resolve/live_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resolve/dwarf_tree.h"
#include "resolve/elements.h"
#include "resolve/library_code.h"
#include "resolve/member_path.h"
#include "resolve/names.h"
#include "resolve/pointed_records.h"

namespace quarrel {
namespace {

// An object that a variable leads to.
struct Aggregate {
  uint64_t start = 0;
  uint64_t size = 0;
  PlainType type;
  Dwarf_Die entry{};        // whose DW_AT_type the object has
  bool is_pointee = false;  // of a pointer, not of a reference
};

class FrameSearch {
 public:
  FrameSearch(TypeTable& types, const LiveFrame& frame, std::span<const uint64_t> wanted)
      : types_(types), frame_(frame), wanted_(wanted) {
    call_ = frame.address_in_module - (frame.frame.is_return_address ? 1 : 0);
    context_.registers = &frame.frame.registers;
    context_.bias = frame.bias;
    if (frame.frame.canonical_frame_address != 0)
      context_.canonical_frame_address = frame.frame.canonical_frame_address;
    context_.read_memory = [this](uint64_t address, unsigned size) {
      return read_captured(frame_.capture, address, size);
    };
  }

  std::vector<LiveName> search(Dwarf_Die& function, const std::string& function_name) {
    function_ = function_name;
    is_in_library_ = is_library_file(declaration_of(function).file);
    Dwarf_Attribute base;
    if (dwarf_attr_integrate(&function, DW_AT_frame_base, &base) != nullptr) {
      auto value = evaluate_at(base, call_);
      if (value) context_.frame_base = value->value;
    }
    visit(function, 0);
    return std::move(names_);
  }

 private:
  void visit(Dwarf_Die& scope, int level) {
    if (level > kMaxDwarfDepth) return;
    for_each_child(scope, [&](Dwarf_Die& child) {
      int tag = dwarf_tag(&child);
      if (tag == DW_TAG_variable || tag == DW_TAG_formal_parameter)
        consider(child);
      else if (tag == DW_TAG_lexical_block && covers(child, call_))
        visit(child, level + 1);
      else if (tag == DW_TAG_inlined_subroutine && covers(child, call_))
        visit_inlined(child, level);
      return true;
    });
  }

  void visit_inlined(Dwarf_Die& function, int level) {
    const bool is_in_library = is_library_file(declaration_of(function).file);
    const bool was_in_library = std::exchange(is_in_library_, is_in_library);
    visit(function, level + 1);
    is_in_library_ = was_in_library;
  }

  std::optional<ExpressionResult> evaluate_at(Dwarf_Attribute& location, uint64_t address) {
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_getlocation_addr(&location, address, &operations, &count, 1) != 1) return {};
    return evaluate({operations, count}, context_);
  }

  // clang ends the range of a caller-saved register at the return address itself, where a
  // callee-saved or stack location begins: so that place is tried too.
  std::optional<ExpressionResult> locate(Dwarf_Die& variable) {
    auto location = attribute_of(variable, DW_AT_location);
    if (!location) return std::nullopt;
    auto result = evaluate_at(*location, call_);
    if (result || call_ == frame_.address_in_module) return result;
    return evaluate_at(*location, frame_.address_in_module);
  }

  // A record of the size of a register, such as a smart pointer, by its value.
  std::optional<std::pair<uint64_t, PlainType>> record_in_register(Dwarf_Die& variable) {
    auto place = locate(variable);
    auto type = place && !place->is_address ? types_.type_of(variable) : std::nullopt;
    if (!type || !type->is_record() || types_.size_of(*type) > sizeof(uint64_t)) return {};
    return std::pair(place->value, *type);
  }

  std::optional<Aggregate> aggregate_of(Dwarf_Die& variable) {
    auto place = locate(variable);
    auto type = place ? types_.type_of(variable) : std::nullopt;
    if (!type) return std::nullopt;
    if (!type->is_pointer()) {
      if (!place->is_address) return std::nullopt;
      return Aggregate{place->value, types_.size_of(*type), *type, variable, false};
    }
    std::optional<uint64_t> target = place->value;
    if (place->is_address) target = read_captured(frame_.capture, place->value, 8);
    auto pointee = types_.type_of(type->die);
    if (!target || !pointee) return std::nullopt;
    return Aggregate{*target, types_.size_of(*pointee), *pointee, type->die,
                     type->tag() == DW_TAG_pointer_type};
  }

  void consider(Dwarf_Die& variable) {
    auto aggregate = aggregate_of(variable);
    if (aggregate) name_within(variable, *aggregate);
    PointedRecords pointed(types_, frame_.capture);
    if (aggregate && aggregate->type.is_record())
      pointed.follow(aggregate->start, aggregate->type);
    else if (auto held = record_in_register(variable))
      pointed.follow_value(held->first, held->second);
    for (PointedRecord& record : pointed.found()) {
      name_pointed(variable, record);
      follow({"", record.start, record.size, record.type, record.entry}, frame_.pointers);
    }
    name_elements(variable, aggregate);
  }

  // Elements of arrays and containers that the variable, or what it points at, leads to.
  void name_elements(Dwarf_Die& variable, const std::optional<Aggregate>& aggregate) {
    if (frame_.pointers.empty()) return;
    auto place = locate(variable);
    auto type = place ? types_.type_of(variable) : std::nullopt;
    if (!type) return;
    const std::string own_name = name_of(variable);
    const std::string name = says_nothing(own_name) ? "" : own_name;
    if (aggregate)
      follow({name, aggregate->start, aggregate->size, aggregate->type, aggregate->entry},
             frame_.pointers);
    if (!type->is_pointer()) return;
    if (place->is_address)
      return follow({name, place->value, sizeof(uint64_t), *type, variable}, frame_.pointers);
    for (const NearPointer& pointer : frame_.pointers)  // a register has no address
      if (pointer.address == 0 && pointer.value == place->value)
        follow({name, 0, 1, *type, variable}, {&pointer, 1});
  }

  void follow(const PointerOwner& owner, std::span<const NearPointer> pointers) {
    for (LiveName& name : element_names(types_, owner, pointers, wanted_)) {
      name.frame = frame_.depth;
      names_.push_back(std::move(name));
    }
  }

  // What a smart pointer or the captures of a lambda lead to has a name only by a user's record.
  void name_pointed(Dwarf_Die& variable, PointedRecord& record) {
    Aggregate aggregate{record.start, record.size, record.type, record.entry, true};
    const size_t before = names_.size();
    name_within(variable, aggregate);
    std::erase_if(names_, [&, index = size_t{0}](const LiveName& name) mutable {
      return index++ >= before && name.object.record.empty();
    });
  }

  void name_within(Dwarf_Die& variable, Aggregate& aggregate) {
    if (aggregate.size == 0) return;
    const bool has_parts = aggregate.type.is_record() || aggregate.type.is_array();
    if (!has_parts && !aggregate.is_pointee) return;
    auto first = std::lower_bound(wanted_.begin(), wanted_.end(), aggregate.start);
    for (auto at = first; at != wanted_.end() && *at - aggregate.start < aggregate.size; ++at) {
      LiveName name = name_for(variable, aggregate, *at);
      if (!name.object.record.empty() || !says_nothing(name_of(variable)))
        names_.push_back(std::move(name));
    }
  }

  // `this` of std::mutex::lock only says that there is a mutex.
  bool says_nothing(const std::string& variable) const {
    return is_in_library_ || variable.starts_with("__") || variable == "this" || variable == "self";
  }

  LiveName name_for(Dwarf_Die& variable, Aggregate& aggregate, uint64_t address) {
    LiveName name{
        .address = address, .object = {}, .aggregate_size = aggregate.size, .frame = frame_.depth};
    DataObject& object = name.object;
    object.source = NameSource::kLiveVariable;
    object.variable = name_of(variable);
    MemberPath path = member_at(types_, aggregate.entry, aggregate.type, address - aggregate.start);
    describe(object, path, aggregate.start, declaration_of(variable));
    object.display = display_of(object, path, aggregate.is_pointee);
    if (object.record.empty() && aggregate.is_pointee) object.variable = object.display;
    object.how =
        fmt::format("by variable {} of {} in frame {}", object.variable, function_, frame_.depth);
    return name;
  }

  static std::string display_of(const DataObject& object, const MemberPath& path, bool is_pointee) {
    if (!object.record.empty() && !object.field.empty()) return object.record + "::" + object.field;
    if (!object.record.empty()) return object.record;
    return (is_pointee ? "*" : "") + object.variable + path.from_object;
  }

  TypeTable& types_;
  const LiveFrame& frame_;
  std::span<const uint64_t> wanted_;
  uint64_t call_ = 0;
  ExpressionContext context_;
  std::string function_;
  bool is_in_library_ = false;  // the function, inlined or not, whose variables are visited
  std::vector<LiveName> names_;
};

}  // namespace

bool is_better_name(const LiveName& a, const LiveName& b) {
  bool a_is_users = !a.object.record.empty();
  bool b_is_users = !b.object.record.empty();
  if (a_is_users != b_is_users) return a_is_users;
  if (a_is_users && a.is_by_block != b.is_by_block) return b.is_by_block;
  if (a.is_own_capture != b.is_own_capture) return a.is_own_capture;
  if (a.aggregate_size != b.aggregate_size) return a.aggregate_size > b.aggregate_size;
  return a.frame < b.frame;
}

std::vector<LiveName> live_names(ModuleSymbols& symbols, TypeTable& types, const LiveFrame& frame,
                                 std::span<const uint64_t> wanted) {
  const DebugInfo* info = symbols.debug_info();
  if (info == nullptr || wanted.empty()) return {};
  uint64_t call = frame.address_in_module - (frame.frame.is_return_address ? 1 : 0);
  auto unit = info->unit_of(call);
  if (!unit) return {};
  auto chain = symbols.functions()->chain_at(*unit, call);
  if (chain.empty()) return {};
  std::string name = symbols.resolve(frame.address_in_module, frame.frame.is_return_address ? 1 : 0)
                         .locations.back()
                         .function;
  FrameSearch search(types, frame, wanted);
  return search.search(chain.back(), name);
}

}  // namespace quarrel
