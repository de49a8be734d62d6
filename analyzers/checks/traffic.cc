// How much does the source say that a member is written or read, and by whom?
#include "checks/traffic.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "checks/identifiers.h"
#include "checks/name_words.h"

namespace quarrel {
namespace {

constexpr uint32_t kAtomicUpdate = 3;
constexpr uint32_t kAtomicStore = 2;
constexpr uint32_t kPlainStore = 1;
constexpr uint32_t kLoopFactor = 2;

uint32_t points(const AccessSite& site) {
  if (!is_atomic_form(site.form)) return kPlainStore;
  return is_read_modify_write(site) ? kAtomicUpdate : kAtomicStore;
}

constexpr std::array<std::string_view, 13> kReportWords = {
    "cli",  "debug", "describe", "dump", "format", "inspect", "json",
    "info", "log",   "print",    "show", "string", "trace"};
constexpr std::array<std::string_view, 28> kWorkWords = {
    "consume",   "deliver", "dequeue", "dispatch", "enqueue", "execute", "handle",
    "heartbeat", "lookup",  "loop",    "next",     "offer",   "poll",    "pop",
    "process",   "produce", "publish", "push",     "read",    "receive", "recv",
    "run",       "send",    "step",    "submit",   "tick",    "work",    "write"};
constexpr std::array<std::string_view, 9> kCountWords = {
    "ref", "refs", "refcnt", "refcount", "references", "usecount", "rc", "users", "weakrefs"};

bool points_to_own_kind(const SourceRecord& record, const SourceField& field) {
  if (field.element_record == record.symbol && record.symbol.is_valid()) return true;
  return field.type.find('*') != field.type.npos && mentions(field.type, simple_name(record.name));
}

}  // namespace

bool is_read_modify_write(const AccessSite& site) {
  return site.access == SourceAccess::kReadModifyWrite ||
         site.access == SourceAccess::kCompareExchange;
}

uint32_t write_traffic(const Use& use) {
  return points(*use.site) * (use.heat == Heat::kHot ? kLoopFactor : 1);
}

uint32_t read_traffic(const CheckContext& context, const Use& use) {
  if (is_report(context.index.function_name(use.site->function))) return 0;
  return use.heat == Heat::kHot ? kLoopFactor : 1;
}

uint32_t write_traffic(const LineMember& member) {
  uint32_t sum = 0;
  for (const Use& use : member.writes) sum += write_traffic(use);
  return sum;
}

uint32_t weight_of_traffic(uint32_t points) {
  constexpr double kPerDoubling = 8;
  constexpr double kMaxWeight = 45;
  return static_cast<uint32_t>(std::min(kMaxWeight, kPerDoubling * std::log2(1.0 + points)));
}

bool is_report(std::string_view function_name) {
  return has_any_word(simple_name(function_name), kReportWords);
}

bool is_work(std::string_view function_name) {
  return has_any_word(simple_name(function_name), kWorkWords);
}

bool is_reference_count(const LineMember& member) {
  return has_any_word(member.name, kCountWords);
}

bool is_node(const SourceRecord& record) {
  constexpr uint64_t kMaxNode = 2 * kLineBytes;
  return record.size_bytes <= kMaxNode &&
         std::any_of(record.fields.begin(), record.fields.end(),
                     [&](const SourceField& field) { return points_to_own_kind(record, field); });
}

bool is_link(const MemberGroup& group, const LineMember& member) {
  return member.parent != nullptr && member.parent != group.record && is_node(*member.parent);
}

}  // namespace quarrel
