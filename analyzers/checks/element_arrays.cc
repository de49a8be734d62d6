// Which arrays does the program have, and is there an element for each thread?
#include "checks/element_arrays.h"

#include <algorithm>
#include <array>

#include "checks/group_findings.h"
#include "checks/identifiers.h"
#include "checks/name_words.h"

namespace quarrel {
namespace {

constexpr std::array<std::string_view, 16> kThreadWords = {
    "core",    "cores",    "cpu",   "cpus",   "lcore",  "percore", "percpu", "perthread",
    "reactor", "reactors", "shard", "shards", "thread", "threads", "worker", "workers"};
constexpr std::array<std::string_view, 9> kNumberWords = {
    "cid", "coreid", "cpuid", "nthreads", "ntid", "threadid", "thr", "tid", "tnum"};

constexpr std::array<std::string_view, 11> kManyThreadWords = {
    "cores",     "cpus",     "lcores", "per",     "percore", "percpu",
    "perthread", "reactors", "shards", "threads", "workers"};

bool names_many_threads(std::string_view name) {
  return has_any_word(simple_name(name), kManyThreadWords);
}

/// What a field and a variable have in common.
struct Declared {
  SymbolId symbol;
  std::string_view name;
  const std::string& type;
  SymbolId type_record;
  SymbolId element_record;
  uint64_t size = 0;
  uint64_t length = 0;
  uint64_t alignment = 0;
  bool is_atomic = false;
  LockClass lock = LockClass::kNone;
  const std::string& bound;
  SourcePos position;
};

bool is_pointer(const Declared& object) {
  return object.type.ends_with('*') || object.type.ends_with("*const");
}

/// Containers that lay their elements out side by side.
bool is_sequence(const std::string& type) {
  static constexpr std::array<std::string_view, 5> kSequences = {"vector<", "array<", "deque<",
                                                                 "span<", "unique_ptr<"};
  return std::any_of(kSequences.begin(), kSequences.end(), [&](std::string_view sequence) {
    const auto at = type.find(sequence);
    return at != type.npos && type.find('<') >= at &&
           (sequence != "unique_ptr<" || type.find("[]") != type.npos);
  });
}

/// The pointers of a tree or a skip list to further nodes.
bool links_to_own_kind(const SourceRecord& record, const SourceField& field) {
  return field.array_length > 0 && field.element_record == record.symbol &&
         field.type.find('*') != field.type.npos;
}

/// "std::vector<Worker *>" holds no workers.
bool holds_pointers(const std::string& type) {
  const auto star = type.find('*');
  return is_sequence(type) && star != type.npos && star < type.find(',', type.find('<'));
}

class ArrayFinder {
 public:
  explicit ArrayFinder(const CheckContext& context) : context_(context), index_(context.index) {}

  std::vector<ElementArray> find() && {
    for (const SourceRecord& record : index_.facts().records)
      if (is_own_record(record)) add_fields(record);
    for (const SourceVariable& variable : index_.facts().variables) add_variable(variable);
    return std::move(arrays_);
  }

 private:
  void add_fields(const SourceRecord& record) {
    for (const SourceField& field : record.fields) {
      if (field.is_bit_field || field.is_const || field.name.empty()) continue;
      auto array = array_of({.symbol = field.symbol,
                             .name = field.name,
                             .type = field.type,
                             .type_record = field.type_record,
                             .element_record = field.element_record,
                             .size = field.size_bits / 8,
                             .length = field.array_length,
                             .alignment = record.align_bytes,
                             .is_atomic = field.is_atomic,
                             .lock = field.lock,
                             .bound = field.bound_text,
                             .position = field.position});
      if (!array || links_to_own_kind(record, field)) continue;
      array->owner = record.name;
      array->offset = field.offset_bits / 8;
      arrays_.push_back(std::move(*array));
    }
  }

  void add_variable(const SourceVariable& variable) {
    const bool is_static =
        variable.storage == Storage::kGlobal || variable.storage == Storage::kStaticLocal;
    if (!is_static || index_.is_system(variable.position.file)) return;
    if (variable.type.starts_with("const ")) return;
    auto array = array_of({.symbol = variable.symbol,
                           .name = variable.name,
                           .type = variable.type,
                           .type_record = variable.type_record,
                           .element_record = variable.element_record,
                           .size = variable.size_bytes,
                           .length = variable.array_length,
                           .alignment = std::max(variable.align_bytes, variable.alignas_bytes),
                           .is_atomic = variable.is_atomic,
                           .lock = variable.lock,
                           .bound = variable.bound_text,
                           .position = variable.position});
    if (array) arrays_.push_back(std::move(*array));
  }

  std::optional<ElementArray> array_of(const Declared& object) const {
    ElementArray array{.name = std::string(object.name), .type = object.type};
    array.symbol = object.symbol;
    array.position = object.position;
    array.count = object.length;
    array.is_element_atomic = object.is_atomic || object.lock != LockClass::kNone;
    const bool is_array = object.length > 0;
    array.element = index_.record(is_array ? object.type_record : object.element_record);
    if (array.element != nullptr && !is_element(*array.element)) array.element = nullptr;
    if (is_array) {
      array.stride = object.size / object.length;
      array.alignment = object.alignment;
    } else if (!lay_out_of_line(object, array)) {
      return std::nullopt;
    }
    if (array.stride == 0) return std::nullopt;
    find_owner(object, array);
    return array;
  }

  static bool is_element(const SourceRecord& record) {
    return record.has_layout && !record.is_in_system_header;
  }

  /// Elements behind a pointer or in a container: where they begin, the allocator decides.
  bool lay_out_of_line(const Declared& object, ElementArray& array) const {
    const auto words = index_.element_accesses_to(object.symbol);
    const bool is_many = !words.empty() || is_sequence(object.type) ||
                         (is_pointer(object) && is_used_as_array(object));
    if (!is_many || holds_pointers(object.type)) return false;
    if (array.element != nullptr) {
      array.stride = array.element->size_bytes;
      array.alignment = array.element->align_bytes;
      return true;
    }
    if (words.empty()) return false;
    array.is_element_atomic = std::any_of(words.begin(), words.end(), [](const AccessSite* site) {
      return is_atomic_form(site->form);
    });
    array.stride = words.front()->element_bytes;
    array.alignment = array.stride;
    return true;
  }

  /// Does some access reach a member of an element by an index?
  bool is_used_as_array(const Declared& object) const {
    const SourceRecord* element = index_.record(object.element_record);
    if (element == nullptr) return false;
    for (const SourceField& field : element->fields)
      for (const AccessSite* site : index_.accesses_to(field.symbol))
        if (subscripts(site->base, simple_name(object.name))) return true;
    return false;
  }

  /// "shards[i]" subscripts shards, "table[i].shards" does not.
  static bool subscripts(std::string_view base, std::string_view name) {
    for (size_t at = base.find(name); at != base.npos; at = base.find(name, at + 1)) {
      const size_t end = at + name.size();
      if (end < base.size() && base[end] == '[' && (at == 0 || !is_identifier_part(base[at - 1])))
        return true;
    }
    return false;
  }

  /// Is `index` that of the array, not of one around it? Long ones are spelled "...".
  static bool is_subscript(std::string_view base, std::string_view name, std::string_view index) {
    const bool is_spelled = base.find("[" + std::string(index) + "]") != base.npos;
    for (size_t at = base.find(name); at != base.npos; at = base.find(name, at + 1)) {
      const std::string_view rest = base.substr(at + name.size());
      const bool is_whole_name = at == 0 || !is_identifier_part(base[at - 1]);
      if (!is_whole_name || !rest.starts_with("[")) continue;
      const std::string_view inner = rest.substr(1);
      if ((!is_spelled && inner.starts_with("...]")) ||
          (inner.starts_with(index) && inner.size() > index.size() && inner[index.size()] == ']'))
        return true;
    }
    return false;
  }

  void find_owner(const Declared& object, ElementArray& array) const {
    auto claim = [&](Ownership ownership, std::string evidence) {
      if (array.ownership >= ownership) return;
      array.ownership = ownership;
      array.evidence = std::move(evidence);
    };
    // Of scalars only a plural says that there is one for each: not thread_id[2].
    const bool is_telling = array.element != nullptr || names_many_threads(object.name);
    if (names_thread(object.name) && is_telling) claim(Ownership::kNamed, "its name");
    if (array.element != nullptr && names_thread(array.element->name))
      claim(Ownership::kNamed, "the name of the element");
    if (numbers_thread(object.bound)) {
      array.ownership = Ownership::kNone;
      claim(Ownership::kIndexed, "its bound " + object.bound);
    }
    const std::string index = thread_index(array);
    if (!index.empty()) claim(Ownership::kIndexed, "the index " + index);
    if (const ThreadEntry* start = start_with_element(array))
      claim(Ownership::kGiven, "the start of a thread with " + start->argument);
  }

  /// An index of accesses to the array, or to its elements, that numbers threads.
  std::string thread_index(const ElementArray& array) const {
    auto numbering = [&](SymbolId object, bool is_element) -> std::string {
      for (const AccessSite* site : index_.accesses_to(object)) {
        const bool is_this = is_element
                                 ? is_subscript(site->base, simple_name(array.name), site->index)
                                 : has_own_index(*site);
        if (is_this && numbers_thread(site->index)) return site->index;
      }
      return "";
    };
    for (const AccessSite* site : index_.element_accesses_to(array.symbol))
      if (numbers_thread(site->index)) return site->index;
    std::string index = numbering(array.symbol, false);
    if (array.element == nullptr) return index;
    for (const SourceField& field : array.element->fields)
      if (index.empty()) index = numbering(field.symbol, true);
    return index;
  }

  const ThreadEntry* start_with_element(const ElementArray& array) const {
    for (const ThreadEntry& start : index_.facts().thread_entries)
      if (array.element != nullptr && start.argument_record == array.element->symbol &&
          mentions(start.argument, simple_name(array.name)) &&
          start.argument.find_first_of("[+") != std::string::npos)
        return &start;
    return nullptr;
  }

  const CheckContext& context_;
  const FactIndex& index_;
  std::vector<ElementArray> arrays_;
};

}  // namespace

bool has_own_index(const AccessSite& site) {
  if (!site.is_indexed_by_variable) return false;
  return site.index.empty() || site.base.find("[" + site.index + "]") == std::string::npos;
}

std::vector<ElementArray> element_arrays(const CheckContext& context) {
  return ArrayFinder(context).find();
}

bool names_thread(std::string_view name) {
  return has_any_word(simple_name(name), kThreadWords);
}

bool numbers_thread(std::string_view text) {
  const auto identifiers = identifiers_in(text);
  return std::any_of(identifiers.begin(), identifiers.end(), [](std::string_view name) {
    return has_any_word(name, kThreadWords) || has_any_word(name, kNumberWords);
  });
}

}  // namespace quarrel
