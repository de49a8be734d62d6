// Which objects and elements do pointers in memory lead to, and what are they called?
#include "resolve/elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "resolve/member_path.h"

namespace quarrel {
namespace {

/// libstdc++ and libc++ keep the end of a vector right behind its beginning.
bool is_vector_begin(std::string_view member) {
  return member == "_M_start" || member == "__begin_";
}

/// Of the members of library classes only these lead to what the class is there to hold.
bool leads_to_elements(std::string_view member) {
  const bool is_of_library = member.starts_with("_M_") || member.starts_with("__");
  return !is_of_library || is_vector_begin(member) || member == "_M_head_impl" ||
         member == "_M_ptr" || member == "__ptr_" || member == "__value_";
}

/// Blocks of glibc's malloc grow by so many bytes.
constexpr uint64_t kMallocUnit = 16;

std::optional<uint64_t> value_at(uint64_t address, std::span<const NearPointer> pointers) {
  const auto found = std::ranges::lower_bound(pointers, address, {}, &NearPointer::address);
  if (found == pointers.end() || found->address != address) return std::nullopt;
  return found->value;
}

/// Objects of one type side by side in memory.
struct Array {
  std::string name;  ///< "Server::results_"
  uint64_t start = 0;
  uint64_t bytes = 0;
  uint64_t element_size = 0;
  bool is_by_block = false;  ///< malloc's block tells how long it is
  PlainType type;            ///< of an element
  Dwarf_Die pointer{};       ///< whose DW_AT_type that is
};

/// Pointers to pointers to objects are followed so far, and no more of them in all: memory of the
/// target may hold anything.
constexpr int kMaxSteps = 3;
constexpr int kMaxVisits = 1024;

/// A pointer that was found in memory.
struct NamedPointer {
  const NearPointer& found;
  std::string name;  ///< "Server::results_"; may be empty
  PlainType type;    ///< of the pointer
  bool is_vector_begin = false;
};

class ElementSearch {
 public:
  ElementSearch(TypeTable& types, std::span<const NearPointer> pointers,
                std::span<const uint64_t> wanted)
      : types_(types), pointers_(pointers), wanted_(wanted) {}

  void follow(PointerOwner& owner, int steps = 0) {
    auto at = std::ranges::lower_bound(pointers_, owner.start, {}, &NearPointer::address);
    for (; at != pointers_.end() && at->address - owner.start < owner.size; ++at) {
      if (++visits_ > kMaxVisits) return;
      auto pointer = pointer_at(owner, *at);
      if (!pointer) continue;
      if (auto array = array_at(*pointer))
        name_elements(*array, steps);
      else
        name_record(*pointer, steps);
    }
  }

  std::vector<LiveName> take() { return std::move(names_); }

 private:
  std::optional<NamedPointer> pointer_at(PointerOwner& owner, const NearPointer& pointer) {
    if (owner.type.is_pointer()) return NamedPointer{pointer, owner.name, owner.type};
    if (!owner.type.is_record() && !owner.type.is_array()) return std::nullopt;
    MemberPath path = member_at(types_, owner.entry, owner.type, pointer.address - owner.start);
    if (path.leaf.empty() || !path.leaf_type.is_pointer() || !leads_to_elements(path.leaf))
      return std::nullopt;
    std::string name = owner.name.empty() ? "" : owner.name + path.from_object;
    if (!path.record.empty()) name = path.record + "::" + path.field;
    return NamedPointer{pointer, std::move(name), path.leaf_type, is_vector_begin(path.leaf)};
  }

  std::optional<Array> array_at(NamedPointer& pointer) {
    if (!pointer.is_vector_begin) return array_in_block(pointer.name, pointer.type, pointer.found);
    const uint64_t begin = pointer.found.value;
    const auto end = value_at(pointer.found.address + sizeof(uint64_t), pointers_);
    if (!end || *end <= begin) return std::nullopt;
    return array_of(pointer.name, pointer.type, begin, *end - begin);
  }

  std::optional<Array> array_of(const std::string& name, PlainType& type, uint64_t start,
                                uint64_t bytes) {
    auto element = types_.type_of(type.die);
    const uint64_t size = element ? types_.size_of(*element) : 0;
    if (size == 0 || bytes < size) return std::nullopt;
    return Array{name, start, bytes / size * size, size, false, *element, type.die};
  }

  /// A pointer to a record often leads to a single one, and that may be part of a larger one that
  /// has the block for itself: a base class, or the first member. Where nothing speaks for an array
  /// there is none. A pointer to bytes may lead to anything.
  std::optional<Array> array_in_block(const std::string& name, PlainType& type,
                                      const NearPointer& pointer) {
    if (name.empty()) return std::nullopt;
    auto array = array_of(name, type, pointer.value, pointer.heap_bytes);
    if (!array || array->element_size == 1) return std::nullopt;
    array->is_by_block = true;
    if (!array->type.is_record()) return array;
    const bool is_filled = pointer.heap_bytes - array->bytes < kMallocUnit;
    const bool has_neighbours = array->bytes > array->element_size;
    MemberPath first = member_at(types_, array->pointer, array->type, 0);
    if (!is_filled || !has_neighbours || first.leaf.starts_with("_vptr")) return std::nullopt;
    return array;
  }

  void name_elements(Array& array, int steps) {
    auto at = std::lower_bound(wanted_.begin(), wanted_.end(), array.start);
    for (; at != wanted_.end() && *at - array.start < array.bytes; ++at) {
      LiveName name = name_of_element(array, *at);
      if (!array.name.empty() || !name.object.record.empty()) names_.push_back(std::move(name));
    }
    if (steps < kMaxSteps) follow_elements(array, steps + 1);
  }

  /// Elements may be, or have, pointers themselves.
  void follow_elements(Array& array, int steps) {
    auto at = std::ranges::lower_bound(pointers_, array.start, {}, &NearPointer::address);
    uint64_t followed_to = array.start;
    for (; at != pointers_.end() && at->address - array.start < array.bytes; ++at) {
      if (at->address < followed_to) continue;
      const uint64_t index = (at->address - array.start) / array.element_size;
      const uint64_t start = array.start + index * array.element_size;
      followed_to = start + array.element_size;
      PointerOwner element{array.name.empty() ? "" : fmt::format("{}[{}]", array.name, index),
                           start, array.element_size, array.type, array.pointer};
      follow(element, steps);
    }
  }

  /// The one object that a pointer leads to.
  void name_record(NamedPointer& pointer, int steps) {
    auto type = types_.type_of(pointer.type.die);
    const uint64_t size = type && type->is_record() ? types_.size_of(*type) : 0;
    if (size == 0) return;
    PointerOwner record{"", pointer.found.value, size, *type, pointer.type.die};
    auto at = std::lower_bound(wanted_.begin(), wanted_.end(), record.start);
    for (; at != wanted_.end() && *at - record.start < size; ++at) {
      LiveName name = name_in_record(pointer.name, record, *at);
      if (!pointer.name.empty() || !name.object.record.empty()) names_.push_back(std::move(name));
    }
    if (steps < kMaxSteps) follow(record, steps + 1);
  }

  LiveName name_in_record(const std::string& pointer, PointerOwner& record, uint64_t address) {
    LiveName name{.address = address, .object = {}, .aggregate_size = record.size};
    DataObject& object = name.object;
    object.source = NameSource::kLiveVariable;
    MemberPath path = member_at(types_, record.entry, record.type, address - record.start);
    describe(object, path, record.start, {});
    object.variable = "*" + pointer;
    object.display = object.variable + path.from_object;
    if (!object.record.empty())
      object.display = object.record + (object.field.empty() ? "" : "::" + object.field);
    object.how = fmt::format("in what {} points to", pointer.empty() ? "a member" : pointer);
    return name;
  }

  LiveName name_of_element(Array& array, uint64_t address) {
    const uint64_t index = (address - array.start) / array.element_size;
    const uint64_t start = array.start + index * array.element_size;
    LiveName name{.address = address, .object = {}, .aggregate_size = array.bytes};
    name.is_by_block = array.is_by_block;
    DataObject& object = name.object;
    object.source = NameSource::kLiveVariable;
    MemberPath path = member_at(types_, array.pointer, array.type, address - start);
    describe(object, path, start, {});
    object.variable = fmt::format("{}[{}]", array.name, index);
    object.display = object.variable + path.from_object;
    if (!object.record.empty())
      object.display = object.record + (object.field.empty() ? "" : "::" + object.field);
    object.how = fmt::format("element {} of {}", index, array.name);
    return name;
  }

  TypeTable& types_;
  std::span<const NearPointer> pointers_;
  std::span<const uint64_t> wanted_;
  std::vector<LiveName> names_;
  int visits_ = 0;
};

}  // namespace

std::vector<LiveName> element_names(TypeTable& types, PointerOwner owner,
                                    std::span<const NearPointer> pointers,
                                    std::span<const uint64_t> wanted) {
  ElementSearch search(types, pointers, wanted);
  search.follow(owner);
  return search.take();
}

}  // namespace quarrel
