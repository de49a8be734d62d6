// Which variable of a captured frame holds, or points to, the object at an address?
#include "resolve/live_variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolve/data_objects.h"
#include "resolve/dwarf_tree.h"
#include "resolve/member_path.h"
#include "resolve/names.h"

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
      else if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
               covers(child, call_))
        visit(child, level + 1);
      return true;
    });
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
    if (!aggregate || aggregate->size == 0) return;
    if (!aggregate->type.is_record() && !aggregate->type.is_array()) return;
    auto first = std::lower_bound(wanted_.begin(), wanted_.end(), aggregate->start);
    for (auto at = first; at != wanted_.end() && *at - aggregate->start < aggregate->size; ++at) {
      LiveName name = name_for(variable, *aggregate, *at);
      // `this` of std::mutex::lock only says that there is a mutex.
      bool is_of_library = name.object.record.empty() && name.object.variable.starts_with("__");
      bool is_bare_this = name.object.record.empty() && name.object.variable == "this";
      if (!is_of_library && !is_bare_this) names_.push_back(std::move(name));
    }
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
  std::vector<LiveName> names_;
};

}  // namespace

bool is_better_name(const LiveName& a, const LiveName& b) {
  bool a_is_users = !a.object.record.empty();
  bool b_is_users = !b.object.record.empty();
  if (a_is_users != b_is_users) return a_is_users;
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
