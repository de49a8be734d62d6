// Which field of a record does an offset belong to, as a user would name it?
#include "resolve/member_path.h"

#include <algorithm>
#include <array>

#include "model/runtime_code.h"
#include "resolve/dwarf_members.h"
#include "resolve/dwarf_tree.h"
#include "resolve/names.h"

namespace quarrel {
namespace {

constexpr int kMaxNesting = 64;

// Types as glibc's and libgomp's headers name them (bits/pthreadtypes.h and what it includes).
constexpr std::array<std::string_view, 12> kPthreadRecords = {"pthread_mutex_t",
                                                              "pthread_cond_t",
                                                              "pthread_rwlock_t",
                                                              "pthread_barrier_t",
                                                              "pthread_barrier",
                                                              "pthread_spinlock_t",
                                                              "sem_t",
                                                              "new_sem",
                                                              "mtx_t",
                                                              "cnd_t",
                                                              "omp_lock_t",
                                                              "omp_nest_lock_t"};

bool is_system_record(std::string_view name) {
  return name.starts_with("std::") || name.starts_with("__") || is_rust_library_name(name) ||
         std::find(kPthreadRecords.begin(), kPthreadRecords.end(), name) != kPthreadRecords.end();
}

// Where libstdc++'s nodes of maps, sets and lists keep an element: bytes, with its type as
// argument.
bool is_raw_storage(std::string_view record) {
  return record.starts_with("__gnu_cxx::__aligned_membuf<") ||
         record.starts_with("__gnu_cxx::__aligned_buffer<");
}

// One step from a record into a member (and on into array elements).
struct Step {
  std::string owner;  // empty: unnamed record
  bool is_system = false;
  uint64_t owner_offset = 0;  // of the owner in the object
  std::string name;           // of the member
  std::string index;          // "[3]", "[1][2]"
  uint64_t offset = 0;        // of what was stepped into, in the object
  Dwarf_Die member{};
  PlainType type;

  bool is_array_class() const { return owner.starts_with("std::array<"); }
  std::string text() const {
    bool is_hidden = is_system && name.starts_with("_M_");
    return (name.empty() || is_hidden ? "" : "." + name) + index;
  }
};

struct Walk {
  std::string root_index;
  PlainType root_type;  // after root_index
  uint64_t root_offset = 0;
  std::vector<Step> steps;
  bool is_in_padding = false;
};

struct Member {
  Dwarf_Die die{};
  PlainType type;
  uint64_t offset = 0;
  bool is_base = false;
};

// The member at an offset. One of unknown size (clang leaves library classes declared) reaches up
// to the next member.
std::optional<Member> member_containing(TypeTable& types, Dwarf_Die& record, uint64_t offset) {
  std::optional<Member> found;
  std::optional<Member> nearest;
  bool is_nearest_unsized = false;
  for_each_child(record, [&](Dwarf_Die& child) {
    int tag = dwarf_tag(&child);
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
    if (!is_in_object(child)) return true;
    auto place = place_of(child);
    auto type = types.type_of(child);
    if (!place || !type || offset < place->offset_bits / 8) return true;
    uint64_t start = place->offset_bits / 8;
    uint64_t size = types.size_of(*type);
    Member member{child, *type, start, tag == DW_TAG_inheritance};
    if (!nearest || nearest->offset <= start) {
      nearest = member;
      is_nearest_unsized = size == 0;
    }
    if (offset - start >= size) return true;
    found = member;
    return member.is_base && size <= 1;  // an empty base overlaps the first member
  });
  return found || !is_nearest_unsized ? found : nearest;
}

// "[1][2]" for the flat index of a two-dimensional array.
std::string element_index(Dwarf_Die& array, uint64_t flat) {
  auto lengths = dimensions_of(array);
  std::string text;
  for (size_t i = lengths.size(); i-- > 1 && lengths[i] != 0; flat /= lengths[i])
    text = "[" + std::to_string(flat % lengths[i]) + "]" + text;
  return "[" + std::to_string(flat) + "]" + text;
}

// Follows array elements; returns false if the element type is unknown.
bool enter_elements(TypeTable& types, PlainType& type, uint64_t& inside, std::string& index) {
  for (int i = 0; type.is_array() && i < kMaxNesting; ++i) {
    uint64_t total = types.size_of(type);
    auto element = types.type_of(type.die);
    uint64_t size = element ? types.size_of(*element) : 0;
    if (size == 0 || inside >= total) return false;
    index += element_index(type.die, inside / size);
    inside %= size;
    type = *element;
  }
  return true;
}

Walk walk_to(TypeTable& types, PlainType type, uint64_t offset) {
  Walk walk;
  uint64_t inside = offset;
  enter_elements(types, type, inside, walk.root_index);
  walk.root_type = type;
  walk.root_offset = offset - inside;
  bool is_in_system = false;
  for (int i = 0; type.is_record() && i < kMaxNesting; ++i) {
    std::string owner = types.record_name(type);
    is_in_system = owner.empty() ? is_in_system : is_system_record(owner);
    if (owner.starts_with("std::atomic")) break;
    if (is_raw_storage(owner)) {
      auto stored = template_argument(type.die);
      auto stored_type = stored ? types.type_of(*stored) : std::nullopt;
      if (!stored_type) break;
      type = *stored_type;
      continue;
    }
    auto member = member_containing(types, type.die, inside);
    if (!member) {
      walk.is_in_padding = !is_in_system && !has_flag(type.die, DW_AT_declaration);
      break;
    }
    uint64_t owner_offset = offset - inside;
    inside -= member->offset;
    type = member->type;
    if (member->is_base) continue;
    Step step{.owner = owner,
              .is_system = is_in_system,
              .owner_offset = owner_offset,
              .name = name_of(member->die),
              .index = {},
              .offset = 0,
              .member = member->die,
              .type = {}};
    bool is_entered = enter_elements(types, type, inside, step.index);
    step.offset = offset - inside;
    step.type = type;
    walk.steps.push_back(step);
    if (!is_entered) break;
  }
  return walk;
}

int user_step_before(const std::vector<Step>& steps, int end) {
  while (--end >= 0 && steps[end].is_system) {
  }
  return end;
}

// Index of the last step that a user should see, or -1.
int last_shown(const std::vector<Step>& steps) {
  int last = user_step_before(steps, static_cast<int>(steps.size()));
  while (last > 0 && is_lock_name(steps[last].owner)) {
    int outer = user_step_before(steps, last);
    if (outer < 0) break;
    last = outer;
  }
  return last;
}

std::string join(const std::vector<Step>& steps, int first, int last) {
  std::string text;
  for (int i = first; i <= last; ++i) text += steps[i].text();
  return text;
}

std::string element_type_name(TypeTable& types, Step& step) {
  std::string name = types.record_name(step.type);
  if (step.index.empty() || name.empty()) return types.type_name(step.member);
  return name;
}

void fill_field(TypeTable& types, Walk& walk, int shown, MemberPath& path) {
  auto& steps = walk.steps;
  int first = shown;
  while (first > 0 && steps[first].owner.empty()) --first;
  int last = shown;
  while (last + 1 < static_cast<int>(steps.size()) && steps[last + 1].is_array_class()) ++last;
  path.record = steps[first].owner;
  path.field = join(steps, first, last);
  if (path.field.starts_with('.')) path.field.erase(0, 1);
  path.from_object = walk.root_index + join(steps, 0, last);
  path.type = element_type_name(types, steps[last]);
  path.offset = steps[last].offset;
  path.size = types.size_of(steps[last].type);
  path.record_offset = path.offset - steps[first].owner_offset;
  path.declared = declaration_of(steps[shown].member);
}

}  // namespace

bool is_lock_name(std::string_view record) {
  std::string name(last_component(record));
  if (size_t open = name.find('<'); open != std::string::npos) name.resize(open);
  for (std::string_view suffix : {"_t", "_impl", "Impl", "_s"})
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  for (std::string_view word : {"Mutex", "mutex", "SpinLock", "Spinlock", "spinlock", "RWLock",
                                "RwLock", "rwlock", "_lock", "Semaphore", "semaphore", "CondVar"})
    if (name.ends_with(word)) return true;
  return name == "Lock" || name == "lock";
}

MemberPath member_at(TypeTable& types, Dwarf_Die& entry, PlainType type, uint64_t offset) {
  Walk walk = walk_to(types, type, offset);
  MemberPath path;
  if (!walk.steps.empty()) {
    path.leaf = walk.steps.back().name;
    path.leaf_type = walk.steps.back().type;
  }
  int shown = last_shown(walk.steps);
  if (shown >= 0 && !walk.is_in_padding) {
    fill_field(types, walk, shown, path);
    return path;
  }
  // The object itself is the lock or the scalar, or the offset is in its padding.
  int last = -1;
  while (last + 1 < static_cast<int>(walk.steps.size()) && walk.steps[last + 1].is_array_class())
    ++last;
  int end_of_path = walk.is_in_padding ? static_cast<int>(walk.steps.size()) - 1 : last;
  path.from_object = walk.root_index + join(walk.steps, 0, end_of_path);
  PlainType end = last >= 0 ? walk.steps[last].type : walk.root_type;
  path.offset = last >= 0 ? walk.steps[last].offset : walk.root_offset;
  path.size = types.size_of(end);
  path.type = types.record_name(end);
  if (path.type.empty()) path.type = types.type_name(entry);
  if (walk.is_in_padding) path.record = path.type;
  return path;
}

void describe(DataObject& object, const MemberPath& path, uint64_t object_address,
              const CodeLocation& variable_declaration) {
  object.record = path.record;
  object.field = path.field;
  object.type = path.type;
  object.address = object_address + path.offset;
  object.size = path.size;
  object.record_offset = path.record_offset;
  // Of members, Rust says no line. That of the variable would be another file's, mostly the
  // library's; only for a lock, which is a variable of its own, it is right.
  const bool is_of_variable = path.record.empty() || is_lock_name(path.record);
  const bool has_own = !path.declared.file.empty() || !is_of_variable;
  object.declared = has_own ? path.declared : variable_declaration;
}

}  // namespace quarrel
