// Which objects are accessed atomically in one place and plainly in another, and does it matter?
//
// Half of all atomically used objects of a C program are also read plainly somewhere, mostly on
// purpose. So the finding is ranked by what the plain access does: an update beside atomic updates
// loses one of them; a store beside atomic updates may; a read misses the order that an atomic
// store publishes, or is hoisted out of its loop. Plain reads of counters stay silent.
#include <algorithm>
#include <set>
#include <tuple>

#include "checks/check.h"
#include "checks/line_members.h"
#include "checks/lock_consistency.h"
#include "checks/operations.h"
#include "checks/plain_beside_atomics.h"
#include "checks/wording.h"
#include "model/fingerprint.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "mixed-access";
constexpr size_t kMaxPlainShown = 8;
constexpr size_t kMaxAtomicShown = 3;

using Sites = std::vector<const AccessSite*>;

/// What can go wrong through a plain access; the worst last.
enum class Harm : uint8_t {
  kNone,
  kVolatileOrder,
  kUnorderedRead,
  kUnorderedWrite,
  kOverwrite,
  kVolatileUpdate,
  kLostUpdate
};

/// The object under judgement: a field or a variable.
struct Object {
  std::string name;
  std::string record;  ///< "" for a variable
  std::string type;
  SourcePos position;
  uint64_t offset = 0;
  uint64_t size = 0;
  bool is_volatile = false;
  Sites atomic;  ///< outside setup
  Sites plain;   ///< outside setup, not suppressed
};

struct Mixture {
  const AccessSite* plain = nullptr;
  const AccessSite* against = nullptr;
  Harm harm = Harm::kNone;
  Overlap overlap = Overlap::kUnknown;
};

bool is_update(const AccessSite& site) {
  return site.access == SourceAccess::kReadModifyWrite ||
         site.access == SourceAccess::kCompareExchange;
}

bool publishes(const AccessSite& site) {
  return site.access == SourceAccess::kWrite &&
         (site.order == MemoryOrder::kRelease || site.order == MemoryOrder::kAcqRel ||
          site.order == MemoryOrder::kSeqCst);
}

class AccessJudge {
 public:
  AccessJudge(const CheckContext& context, const Object& object)
      : context_(context), object_(object) {}

  std::vector<Mixture> mixtures() const {
    std::vector<Mixture> found;
    for (const AccessSite* plain : object_.plain) {
      const Mixture worst = object_.atomic.empty() ? against_volatile(*plain) : judge(*plain);
      if (worst.harm != Harm::kNone) found.push_back(worst);
    }
    std::sort(found.begin(), found.end(), [](const Mixture& a, const Mixture& b) {
      return std::tuple(a.harm, a.overlap, b.plain->position) >
             std::tuple(b.harm, b.overlap, a.plain->position);
    });
    return found;
  }

 private:
  Mixture judge(const AccessSite& plain) const {
    Mixture worst;
    if (!is_write(plain.access) && (is_peek(plain) || is_own_value(plain))) return worst;
    if (is_owned(plain) || is_alternative(plain) || is_prepared(plain)) return worst;
    for (const AccessSite* atomic : object_.atomic) {
      const Harm harm = harm_of(plain, *atomic);
      if (harm > worst.harm) keep(worst, plain, *atomic, harm);
    }
    return worst;
  }

  void keep(Mixture& worst, const AccessSite& plain, const AccessSite& other, Harm harm) const {
    const Overlap overlap = context_.roles.overlap(plain.function, other.function);
    if (overlap == Overlap::kNever || context_.locks.share_lock(plain, other)) return;
    worst = {&plain, &other, harm, overlap};
  }

  static Harm harm_of(const AccessSite& plain, const AccessSite& atomic) {
    if (plain.access == SourceAccess::kReadModifyWrite)
      return is_write(atomic.access) ? Harm::kLostUpdate : Harm::kUnorderedWrite;
    if (plain.access == SourceAccess::kWrite)
      return is_update(atomic) ? Harm::kOverwrite : Harm::kUnorderedWrite;
    // A loop that walks over objects reads another one each time round.
    const bool is_one_object = plain.base.empty() || plain.base == "this";
    const bool is_hoistable = plain.loop_depth > 0 && is_one_object && is_write(atomic.access);
    return publishes(atomic) || is_hoistable ? Harm::kUnorderedRead : Harm::kNone;
  }

  /// A plain look ahead of an atomic access in the same function: what counts is the latter.
  bool is_peek(const AccessSite& plain) const {
    return std::any_of(object_.atomic.begin(), object_.atomic.end(),
                       [&](const AccessSite* site) { return site->function == plain.function; });
  }

  /// An update ahead of it said whose the object is: the last reference is gone, the flag is taken.
  bool is_owned(const AccessSite& plain) const {
    const auto& guards = plain.guarded_by;
    if (std::find(guards.begin(), guards.end(), plain.object) == guards.end()) return false;
    return std::any_of(object_.atomic.begin(), object_.atomic.end(), [&](const AccessSite* site) {
      return site->function == plain.function && site->base == plain.base && is_update(*site) &&
             site->is_result_used && site->position < plain.position;
    });
  }

  /// `node->next = nullptr;` ahead of the exchange of another's `next` that publishes the node.
  bool is_prepared(const AccessSite& plain) const {
    return plain.access == SourceAccess::kWrite &&
           std::any_of(object_.atomic.begin(), object_.atomic.end(), [&](const AccessSite* site) {
             return is_write(site->access) && site->function == plain.function &&
                    site->base != plain.base && plain.position < site->position;
           });
  }

  /// `if (shared) atomic_add(&p->n, 1); else p->n += 1;`: whoever does both knows when.
  bool is_alternative(const AccessSite& plain) const {
    return is_write(plain.access) &&
           std::any_of(object_.atomic.begin(), object_.atomic.end(), [&](const AccessSite* site) {
             return is_write(site->access) && site->function == plain.function &&
                    site->base == plain.base;
           });
  }

  /// The only operation that writes the object may read it as it likes.
  bool is_own_value(const AccessSite& plain) const {
    const auto& own = context_.operations.of(plain.function);
    auto is_own_write = [&](const AccessSite* site) {
      if (!is_write(site->access)) return true;
      const auto writers = context_.operations.of(site->function);
      return std::includes(own.begin(), own.end(), writers.begin(), writers.end());
    };
    return std::all_of(object_.atomic.begin(), object_.atomic.end(), is_own_write) &&
           std::all_of(object_.plain.begin(), object_.plain.end(), is_own_write);
  }

  /// Without any atomic access, only proven threads count: volatile has honest uses (device
  /// registers, signal handlers, longjmp).
  Mixture against_volatile(const AccessSite& site) const {
    Mixture worst;
    for (const AccessSite* other : object_.plain) {
      if (!is_write(site.access) && !is_write(other->access)) continue;
      const bool is_lossy = is_update(site) && is_write(other->access);
      const Harm harm = is_lossy ? Harm::kVolatileUpdate : Harm::kVolatileOrder;
      const Overlap overlap = context_.roles.overlap(site.function, other->function);
      const bool is_proven =
          overlap == Overlap::kDifferentRoles || (overlap == Overlap::kSameRole && is_lossy);
      if (is_proven && harm > worst.harm) keep(worst, site, *other, harm);
    }
    return worst;
  }

  const CheckContext& context_;
  const Object& object_;
};

void split_sites(const CheckContext& context, const Sites& sites, Object& object) {
  for (const AccessSite* site : sites) {
    if (site->access == SourceAccess::kAddress || context.hotness.is_setup(*site)) continue;
    if (context.index.is_system(site->position.file)) continue;
    if (is_atomic_form(site->form)) {
      object.atomic.push_back(site);
      continue;
    }
    if (context.roles.is_outside_threads(*site)) continue;
    if (!context.index.is_suppressed(kRule, site->position)) object.plain.push_back(site);
  }
}

bool is_signal_type(std::string_view type) {
  return type.find("sig_atomic_t") != type.npos;
}

bool is_worth_judging(const Object& object) {
  if (object.plain.empty()) return false;
  return !object.atomic.empty() || (object.is_volatile && !is_signal_type(object.type));
}

Level level_of(const Mixture& worst) {
  const bool is_proven =
      worst.overlap == Overlap::kDifferentRoles || worst.overlap == Overlap::kSameRole;
  switch (worst.harm) {
    case Harm::kLostUpdate:
    case Harm::kVolatileUpdate:
    case Harm::kOverwrite:
      // Of a type that is used everywhere, other objects may be meant, or a lock not be seen.
      return is_proven ? Level::kWarning : Level::kNote;
    case Harm::kUnorderedWrite:
    case Harm::kUnorderedRead:
    case Harm::kVolatileOrder:
    case Harm::kNone:
      return Level::kNote;
  }
  return Level::kNote;
}

std::string_view consequence(Harm harm) {
  switch (harm) {
    case Harm::kLostUpdate:
      return "a plain update between the read and the write of which an atomic one falls loses it";
    case Harm::kOverwrite:
      return "a plain store may overwrite an atomic update that was made at the same time";
    case Harm::kUnorderedWrite:
      return "a plain write is neither ordered nor whole for those who read it atomically";
    case Harm::kUnorderedRead:
      return "a plain read may be moved or repeated by the compiler, and does not acquire what the "
             "atomic store published";
    case Harm::kVolatileUpdate:
      return "an update of a volatile object is a read and a write: updates of two threads get "
             "lost";
    case Harm::kVolatileOrder:
      return "volatile orders nothing between threads: what was written before may be seen later";
    case Harm::kNone:
      return "";
  }
  return "";
}

std::vector<FindingLocation> locations(const CheckContext& context, const Object& object,
                                       const std::vector<Mixture>& mixtures) {
  std::vector<FindingLocation> places;
  places.push_back(
      context.index.locate(object.position, "field", object.name + " is declared here"));
  Sites shown;
  auto add = [&](const AccessSite& site) {
    if (std::find(shown.begin(), shown.end(), &site) != shown.end()) return;
    shown.push_back(&site);
    places.push_back(context.index.locate(site, is_write(site.access) ? "writer" : "reader",
                                          site_text(context, site, object.name)));
  };
  for (size_t i = 0; i < mixtures.size() && i < kMaxPlainShown; ++i) add(*mixtures[i].plain);
  for (size_t i = 0; i < mixtures.size() && i < kMaxAtomicShown; ++i) add(*mixtures[i].against);
  auto starts = thread_starts(context, shown);
  places.insert(places.end(), starts.begin(), starts.end());
  return places;
}

std::vector<Advice> advice(const Object& object, const Mixture& worst) {
  Advice atomic{.remedy = "atomic", .memory_bytes = 0};
  if (worst.harm == Harm::kVolatileOrder || worst.harm == Harm::kVolatileUpdate)
    atomic.summary =
        "make it atomic (std::atomic, or __atomic builtins at every access) and drop volatile; a "
        "fence beside the volatile access makes it neither whole nor defined";
  else if (object.type.find("atomic") == std::string::npos)
    atomic.summary = "make every access to " + object.name +
                     " atomic: declare it atomic, or use a relaxed atomic load, store or update "
                     "where the order does not matter; volatile would make no update atomic";
  else
    return {};
  return {atomic};
}

std::string message(const CheckContext& context, const Object& object, const Mixture& worst) {
  const std::string name = object.record.empty() ? object.name : object.record + "::" + object.name;
  const std::string plain = short_function_name(context.index, worst.plain->function);
  const std::string other = short_function_name(context.index, worst.against->function);
  const std::string verb = is_write(worst.plain->access) ? "written" : "read";
  if (object.atomic.empty())
    return name + " is volatile, not atomic, but " + verb + " by " + plain + " (" +
           role_text(context, worst.plain->function) + ") while " + other + " (" +
           role_text(context, worst.against->function) + ") may use it";
  return name + " is " + verb + " plainly in " + plain + " but " +
         (is_write(worst.against->access) ? "written" : "read") + " atomically in " + other;
}

Finding make_finding(const CheckContext& context, const Object& object,
                     const std::vector<Mixture>& mixtures) {
  const Mixture& worst = mixtures.front();
  Finding finding{.rule = std::string(kRule)};
  finding.fingerprint = fingerprint_of(kRule, object.record, {object.name});
  finding.level = level_of(worst);
  finding.weight = 8 * static_cast<uint32_t>(worst.harm);
  finding.verdict = finding.level == Level::kNote ? Verdict::kMeasureFirst : Verdict::kFix;
  finding.message = message(context, object, worst);
  finding.reason = consequence(worst.harm);
  finding.subject = {.kind = SubjectKind::kSource,
                     .name = object.record.empty() ? object.name : object.record,
                     .type = object.record.empty() ? object.type : object.record,
                     .fields = {{object.name, object.offset, object.size}}};
  finding.sharing = Sharing::kTrue;
  finding.locations = locations(context, object, mixtures);
  finding.advice = advice(object, worst);
  return finding;
}

void report(const CheckContext& context, const Object& object, std::vector<Finding>& findings) {
  if (!is_worth_judging(object)) return;
  const auto mixtures = AccessJudge(context, object).mixtures();
  if (!mixtures.empty()) findings.push_back(make_finding(context, object, mixtures));
}

void report_field(const CheckContext& context, const SourceRecord& record, const SourceField& field,
                  std::vector<Finding>& findings) {
  const bool is_typed = field.is_atomic || field.lock != LockClass::kNone;
  if (is_typed || field.is_bit_field || field.name.empty()) return;
  Object object{.name = field.name,
                .record = record.name,
                .type = field.type,
                .position = field.position,
                .offset = field.offset_bits / 8,
                .size = field.size_bits / 8,
                .is_volatile = field.is_volatile};
  split_sites(context, context.index.accesses_to_field(record, field), object);
  report(context, object, findings);
}

/// Names of fields and variables that have been reported, with their records' declarations.
using Reported = std::set<std::pair<SymbolId, std::string>>;

/// Instantiations share the declaration with their template: the first speaks for all.
void report_fields(const CheckContext& context, Reported& reported,
                   std::vector<Finding>& findings) {
  for (const SourceRecord& record : context.index.facts().records) {
    if (record.is_in_system_header || record.is_lambda) continue;
    const SymbolId source = record.pattern.is_valid() ? record.pattern : record.symbol;
    for (const SourceField& field : record.fields) {
      std::vector<Finding> found;
      report_field(context, record, field, found);
      if (!found.empty() && reported.insert({source, field.name}).second)
        findings.push_back(std::move(found.front()));
    }
  }
}

void report_variables(const CheckContext& context, Reported& reported,
                      std::vector<Finding>& findings) {
  for (const SourceVariable& variable : context.index.facts().variables) {
    const bool is_private =
        variable.storage == Storage::kThreadLocal || variable.storage == Storage::kParameter;
    if (is_private || variable.is_atomic || variable.lock != LockClass::kNone) continue;
    if (context.index.is_system(variable.position.file)) continue;
    Object object{.name = variable.name,
                  .type = variable.type,
                  .position = variable.position,
                  .size = variable.size_bytes,
                  .is_volatile = variable.is_volatile};
    auto sites = context.index.accesses_to(variable.symbol);
    split_sites(context, {sites.begin(), sites.end()}, object);
    const size_t count = findings.size();
    report(context, object, findings);
    if (findings.size() > count) reported.emplace(variable.symbol, variable.name);
  }
}

void report_locking(const CheckContext& context, const std::vector<SharedObject>& objects,
                    Reported& reported, std::vector<Finding>& findings) {
  const ObjectTable table(context.index);
  for (const SharedObject& object : objects) {
    if (reported.contains({object.declaration, object.name})) continue;
    const auto complaint = inconsistent_locking(context, table, object);
    if (!complaint) continue;
    reported.emplace(object.declaration, object.name);
    findings.push_back(finding_of(context.index, kRule, *complaint));
  }
}

/// Of a template, the first instantiation with something to report speaks for all.
void report_plain_members(const CheckContext& context, const std::vector<SharedObject>& objects,
                          Reported& reported, std::vector<Finding>& findings) {
  const AtomicSiblings siblings(context, objects);
  for (auto& members : by_record(objects)) {
    std::erase_if(members, [&](const SharedObject* object) {
      return reported.contains({object->declaration, object->name}) ||
             plain_update(context, siblings, *object) != nullptr;
    });
    const auto complaint = plain_beside_atomics(context, siblings, members);
    if (!complaint || !reported.emplace(members.front()->declaration, "").second) continue;
    findings.push_back(finding_of(context.index, kRule, *complaint));
  }
}

void check_mixed_access(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  Reported reported;
  report_fields(context, reported, findings);
  report_variables(context, reported, findings);
  const auto objects = shared_objects(context);
  report_locking(context, objects, reported, findings);
  report_plain_members(context, objects, reported, findings);
}

const Registration<Check> kMixedAccess{{.name = kRule, .run = check_mixed_access}};

}  // namespace
}  // namespace quarrel
