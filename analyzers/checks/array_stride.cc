// Which arrays have elements for different threads that share cache lines?
//
// An array with an element for each thread looks as if the threads had nothing in common. If the
// size of an element is no multiple of the line, or the array begins within one, neighbours share
// lines, and each thread's writes disturb the next. Small atomics that are indexed by something
// else are the weaker case: then chance decides who is whose neighbour.
#include <algorithm>
#include <array>

#include "checks/check.h"
#include "checks/element_arrays.h"
#include "checks/element_findings.h"
#include "checks/identifiers.h"
#include "checks/name_words.h"
#include "checks/traffic.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

/// Two elements that are longer than this share a line only at their ends.
constexpr uint64_t kLongElement = 4 * kLineBytes;
constexpr uint32_t kMinNamedTraffic = 1;
// Without a thread's number as index, only what is updated in several places is worth a word.
constexpr uint32_t kMinChanceTraffic = 3;

class ArrayJudge {
 public:
  ArrayJudge(const CheckContext& context, const ElementArray& array)
      : context_(context), array_(array) {}

  /// The finding, if neighbours share lines and are written.
  std::optional<ElementUse> judge() const {
    ElementUse use = array_.element != nullptr ? record_use() : scalar_use();
    if (use.writes.empty() || !is_written_enough(use)) return std::nullopt;
    use.sharing = sharing_of(use.hot);
    if (use.sharing == LineSharing::kNever) return std::nullopt;
    return use;
  }

 private:
  bool is_written_enough(const ElementUse& use) const {
    if (array_.ownership >= Ownership::kNamed) return use.points >= kMinNamedTraffic;
    const bool is_small = array_.stride < kLineBytes;
    return is_small && use.is_atomic && use.points >= kMinChanceTraffic;
  }

  /// Do the written bytes of an element and of the next ever share a line?
  LineSharing sharing_of(ByteRange hot) const {
    if (array_.stride > kLongElement && hot.size > kLineBytes) return LineSharing::kNever;
    const ByteRange next{hot.begin + array_.stride, hot.size};
    return share_line(hot, next, array_.alignment);
  }

  /// Of elements that are records: their written members.
  ElementUse record_use() const {
    ElementUse use;
    const MemberGroup group = members_of_record(context_, *array_.element);
    uint64_t end = 0;
    use.hot.begin = UINT64_MAX;
    for (const LineMember& member : group.members) {
      if (member.writes.empty()) continue;
      use.hot.begin = std::min(use.hot.begin, member.bytes.begin);
      end = std::max(end, member.bytes.begin + member.bytes.size);
      use.members.push_back(member);
      add_writes(member.writes, use);
    }
    if (use.members.empty()) return use;
    use.hot.size = end - use.hot.begin;
    return use;
  }

  ElementUse scalar_use() const {
    ElementUse use;
    use.hot = {0, array_.stride};
    const bool is_elsewhere = array_.count == 0;
    for (const AccessSite* site : is_elsewhere ? context_.index.element_accesses_to(array_.symbol)
                                               : context_.index.accesses_to(array_.symbol)) {
      const Heat heat = heat_of(*site);
      if (heat == Heat::kCold || context_.index.is_system(site->position.file)) continue;
      add_writes({{site, heat}}, use);
    }
    return use;
  }

  /// An index that is spread on purpose: neighbours in time are none in memory.
  bool is_scattered(const AccessSite& site) const {
    const auto names = identifiers_in(site.index);
    if (std::any_of(names.begin(), names.end(), is_spreading)) return true;
    const auto calls = context_.index.calls_from(site.function);
    return std::any_of(calls.begin(), calls.end(), [&](const CallEdge* call) {
      return is_spreading(simple_name(context_.index.function_name(call->callee)));
    });
  }

  static bool is_spreading(std::string_view name) {
    static constexpr std::array<std::string_view, 6> kSpreadWords = {
        "permute", "remap", "scatter", "shuffle", "spread", "swizzle"};
    return has_any_word(name, kSpreadWords);
  }

  /// The address of an element is mostly taken to write to it.
  Heat heat_of(const AccessSite& site) const {
    AccessSite write = site;
    if (site.access == SourceAccess::kAddress) write.access = SourceAccess::kReadModifyWrite;
    if (!is_write(write.access)) return Heat::kCold;
    if (site.element_bytes == 0 && !has_own_index(site)) return Heat::kCold;
    return is_scattered(site) ? Heat::kCold : context_.hotness.of(write, array_.type);
  }

  void add_writes(const std::vector<Use>& writes, ElementUse& use) const {
    for (const Use& write : writes) {
      use.points += write_traffic(write);
      use.is_atomic |= is_atomic_form(write.site->form);
      use.writes.push_back(write);
    }
  }

  const CheckContext& context_;
  const ElementArray& array_;
};

void check_array_stride(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  for (const ElementArray& array : element_arrays(context))
    if (auto use = ArrayJudge(context, array).judge())
      findings.push_back(element_finding(context, array, *use));
  report_thread_objects(context, findings);
}

const Registration<Check> kArrayStride{{.name = "array-stride", .run = check_array_stride}};

}  // namespace
}  // namespace quarrel
