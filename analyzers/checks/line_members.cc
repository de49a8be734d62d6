// What lies together in memory, and who uses it?
#include "checks/line_members.h"

#include <algorithm>
#include <map>

#include "checks/identifiers.h"

namespace quarrel {
namespace {

/// "shards[i].cell" -> "cell", "node->head" -> "head", "(*q)" -> "q".
std::string_view last_component(std::string_view base) {
  size_t end = base.size();
  int brackets = 0;
  for (; end > 0; --end) {
    const char letter = base[end - 1];
    if (letter == ']') ++brackets;
    if (letter == '[') --brackets;
    if (brackets <= 0 && is_identifier_part(letter)) break;
  }
  size_t start = end;
  while (start > 0 && is_identifier_part(base[start - 1])) --start;
  return base.substr(start, end - start);
}

/// Is the access one to this place, where the record of the field may be embedded in several?
bool is_access_to_place(const FactIndex& index, const AccessSite& site, const LineField& place) {
  if (place.member.empty()) return true;
  // Members of one name and type in two records cannot be told apart by the spelled base.
  if (last_component(site.base) == place.member)
    return index.embedding_count(place.parent->symbol, place.member) == 1;
  const bool is_own_method = site.base.empty() || site.base == "this";
  return is_own_method && index.embedding_count(place.parent->symbol) == 1;
}

void keep_hottest(std::vector<Use>& uses, const Use& use) {
  for (Use& known : uses) {
    if (known.site->function != use.site->function) continue;
    const bool is_freer = known.site->locks_held.size() > use.site->locks_held.size();
    if (known.heat < use.heat || (known.heat == use.heat && is_freer)) known = use;
    return;
  }
  uses.push_back(use);
}

void add_uses(const CheckContext& context, const std::vector<const AccessSite*>& sites,
              LineMember& member) {
  for (const AccessSite* site : sites) {
    if (context.index.is_system(site->position.file)) continue;
    const Heat heat = context.hotness.of(*site, member.type);
    if (heat == Heat::kCold) continue;
    keep_hottest(is_write(site->access) ? member.writes : member.reads, {site, heat});
  }
  std::erase_if(member.reads, [&](const Use& use) {
    return member.is_lock || member.is_written_in(use.site->function);
  });
}

bool is_marked(const std::vector<const AccessSite*>& sites) {
  return std::any_of(sites.begin(), sites.end(), [](const AccessSite* site) {
    return site->form != AccessForm::kPlain || !site->locks_held.empty();
  });
}

/// A word that is named as a lock and exchanged is one, whatever its type says.
bool is_lock_word(const CheckContext& context, SymbolId symbol, std::string_view name,
                  const std::vector<const AccessSite*>& sites) {
  if (!is_named_lock(name)) return false;
  return !context.acquisitions.of(symbol).empty() ||
         std::any_of(sites.begin(), sites.end(), [](const AccessSite* site) {
           return is_atomic_form(site->form) && is_write(site->access) &&
                  site->access != SourceAccess::kWrite;
         });
}

bool is_in(const std::vector<Use>& uses, SymbolId function) {
  return std::any_of(uses.begin(), uses.end(),
                     [&](const Use& use) { return use.site->function == function; });
}

/// Taking and releasing a mutex of the C library touches its state, not its list links.
ByteRange contended_bytes(ByteRange bytes, std::string_view type, LockClass lock) {
  constexpr uint64_t kMutexStateBytes = 20;
  const bool is_mutex = type.find("pthread_mutex_t") != type.npos || type == "std::mutex";
  if (lock != LockClass::kNone && is_mutex) bytes.size = std::min(bytes.size, kMutexStateBytes);
  return bytes;
}

void add_acquisitions(const CheckContext& context, SymbolId lock,
                      std::vector<const AccessSite*>& sites) {
  const auto acquisitions = context.acquisitions.of(lock);
  sites.insert(sites.end(), acquisitions.begin(), acquisitions.end());
}

void add_member(const CheckContext& context, const LineField& place, MemberGroup& group) {
  const SourceField& field = *place.field;
  group.is_concurrent =
      group.is_concurrent || field.is_atomic || field.is_volatile || field.lock != LockClass::kNone;
  auto sites = context.index.accesses_to_field(*place.parent, field);
  std::erase_if(sites, [&](const AccessSite* site) {
    return !is_access_to_place(context.index, *site, place);
  });
  group.is_concurrent = group.is_concurrent || is_marked(sites);
  // An array that fills a line of its own is used by element: another rule's question.
  const bool is_long = field.array_length > 0 && place.bytes.size >= kLineBytes;
  if (is_long) return;
  LineMember member{.name = place.path,
                    .type = field.type,
                    .bytes = contended_bytes(place.bytes, field.type, field.lock),
                    .position = field.position,
                    .symbol = field.symbol,
                    .symbol_in_template = context.index.field_in_template(*place.parent, field),
                    .parent = place.parent,
                    .is_lock = field.lock != LockClass::kNone ||
                               is_lock_word(context, field.symbol, field.name, sites)};
  // Locks of members of one type in two records cannot be told apart.
  const bool is_told_apart =
      place.member.empty() || context.index.embedding_count(place.parent->symbol) == 1;
  if (member.is_lock && is_told_apart) {
    add_acquisitions(context, member.symbol, sites);
    if (sites.empty()) add_acquisitions(context, member.symbol_in_template, sites);
  }
  add_uses(context, sites, member);
  const bool is_used = !member.writes.empty() || !member.reads.empty() || member.is_lock;
  if (is_used) group.members.push_back(std::move(member));
}

/// What an object of a class does to its fields is not known by the variable.
bool is_scalar(const SourceVariable& variable) {
  return variable.is_atomic || !variable.type_record.is_valid() || variable.type.ends_with('*');
}

bool is_plain_global(const SourceVariable& variable) {
  return is_scalar(variable) && variable.storage == Storage::kGlobal && variable.size_bytes > 0 &&
         variable.size_bytes <= kLineBytes && !variable.type.starts_with("const ");
}

/// Variables of one file laid out one after the other, as a compiler that keeps their order does.
MemberGroup lay_out(const CheckContext& context,
                    const std::vector<const SourceVariable*>& variables) {
  // The address of the first is unknown, as that of an object on the heap.
  MemberGroup group{.alignment = 0, .is_concurrent = true};
  uint64_t offset = 0;
  for (const SourceVariable* variable : variables) {
    uint64_t alignment = std::max<uint64_t>({variable->align_bytes, variable->alignas_bytes, 1});
    // The declaration asks for an alignment that the facts do not give: take it to be a line.
    if (variable->alignas_bytes == 1) alignment = kLineBytes;
    alignment = std::min<uint64_t>(alignment, 4096);
    offset = (offset + alignment - 1) / alignment * alignment;
    LineMember member{
        .name = variable->name,
        .type = variable->type,
        .bytes = contended_bytes({offset, variable->size_bytes}, variable->type, variable->lock),
        .position = variable->position,
        .symbol = variable->symbol,
        .is_lock = variable->lock != LockClass::kNone};
    offset += std::min<uint64_t>(variable->size_bytes, uint64_t{1} << 40);
    const auto accesses = context.index.accesses_to(variable->symbol);
    std::vector<const AccessSite*> sites(accesses.begin(), accesses.end());
    member.is_lock =
        member.is_lock || is_lock_word(context, variable->symbol, variable->name, sites);
    if (!is_plain_global(*variable) && !member.is_lock) continue;
    if (member.is_lock) add_acquisitions(context, member.symbol, sites);
    add_uses(context, sites, member);
    if (!member.writes.empty() || !member.reads.empty()) group.members.push_back(std::move(member));
  }
  return group;
}

}  // namespace

FactIndex::~FactIndex() = default;

const CheckContext& FactIndex::context() const {
  if (!context_) context_ = std::make_unique<const CheckContext>(*this);
  return *context_;
}

bool LineMember::is_written_in(SymbolId function) const {
  return is_in(writes, function);
}

bool LineMember::is_used_in(SymbolId function) const {
  return is_in(writes, function) || is_in(reads, function);
}

namespace {

/// Then the parts say more than the whole.
bool is_used_in_parts(const MemberGroup& group, ByteRange whole) {
  return std::any_of(group.members.begin(), group.members.end(), [&](const LineMember& member) {
    return member.bytes.begin >= whole.begin &&
           member.bytes.begin + member.bytes.size <= whole.begin + whole.size;
  });
}

}  // namespace

bool is_overlap(const LineMember& one, const LineMember& other) {
  return one.bytes.begin < other.bytes.begin + other.bytes.size &&
         other.bytes.begin < one.bytes.begin + one.bytes.size;
}

MemberGroup members_of_record(const CheckContext& context, const SourceRecord& record) {
  MemberGroup group{.record = &record, .name = record.name, .alignment = record.align_bytes};
  for (const LineField& place : flatten(context.index, record)) add_member(context, place, group);
  for (const LineField& place : aggregates(context.index, record))
    if (!is_used_in_parts(group, place.bytes)) add_member(context, place, group);
  std::stable_sort(
      group.members.begin(), group.members.end(),
      [](const LineMember& a, const LineMember& b) { return a.bytes.begin < b.bytes.begin; });
  return group;
}

std::vector<MemberGroup> members_of_files(const CheckContext& context) {
  std::map<FileId, std::vector<const SourceVariable*>> by_file;
  for (const SourceVariable& variable : context.index.facts().variables)
    // What is only declared here may lie anywhere.
    if (variable.storage == Storage::kGlobal && variable.is_defined &&
        !context.index.is_system(variable.position.file))
      by_file[variable.position.file].push_back(&variable);
  std::vector<MemberGroup> groups;
  for (auto& [file, variables] : by_file) {
    std::sort(variables.begin(), variables.end(),
              [](auto* a, auto* b) { return a->position < b->position; });
    groups.push_back(lay_out(context, variables));
  }
  return groups;
}

}  // namespace quarrel
