// Which loops only wait for another thread?
#include "checks/spin_loops.h"

#include <algorithm>

namespace quarrel {
namespace {

bool is_probe(const AccessSite& site) {
  return site.is_in_loop_condition && site.form != AccessForm::kPlain;
}

/// A compare-exchange whose expected value was read, or whose new value follows from what was: work
/// on the object, not waiting for it.
bool is_work(const FactIndex& index, const AccessSite& site) {
  if (site.access != SourceAccess::kCompareExchange) return false;
  const auto others = index.accesses_in(site.function);
  const bool is_read = std::any_of(others.begin(), others.end(), [&](const AccessSite* other) {
    return other->object == site.object && other->access == SourceAccess::kRead;
  });
  return is_read || !site.value_from.empty();
}

/// The body reads it to go on to another object: a walk along a list.
bool is_walk(const LoopContents& contents, const AccessSite& probe) {
  const bool is_one_object = probe.base.empty() || probe.base == "this";
  return !is_one_object && std::any_of(contents.accesses.begin(), contents.accesses.end(),
                                       [&](const AccessSite* site) {
                                         return site->object == probe.object &&
                                                site->base == probe.base &&
                                                !site->is_in_loop_condition;
                                       });
}

/// A volatile word that no other function writes is changed by a device, not by a thread.
bool is_of_device(const FactIndex& index, const AccessSite& probe) {
  if (probe.form != AccessForm::kVolatile) return false;
  const auto sites = index.accesses_to(probe.object);
  return std::none_of(sites.begin(), sites.end(), [&](const AccessSite* site) {
    return site->function != probe.function &&
           (is_write(site->access) || site->access == SourceAccess::kAddress);
  });
}

/// Is the object that is asked the only one, and is nothing called that could do more?
bool is_waiting(const FactIndex& index, const LoopContents& contents, const AccessSite& probe) {
  const bool is_alone =
      std::all_of(contents.accesses.begin(), contents.accesses.end(), [&](const AccessSite* site) {
        return site->object == probe.object &&
               (site->access == SourceAccess::kRead || site->is_in_loop_condition);
      });
  const bool calls_nothing =
      std::all_of(contents.calls.begin(), contents.calls.end(), [&](const CallEdge* call) {
        const SourceFunction* callee = index.function(call->callee);
        return callee == nullptr || callee->is_in_system_header;
      });
  return is_alone && (calls_nothing || contents.loop->has_pause);
}

bool is_read_in(const LoopContents& contents, const AccessSite& probe) {
  return std::any_of(contents.accesses.begin(), contents.accesses.end(),
                     [&](const AccessSite* site) {
                       return site->object == probe.object && site->access == SourceAccess::kRead;
                     });
}

}  // namespace

std::vector<SpinLoop> spin_loops(const FactIndex& index) {
  std::vector<SpinLoop> found;
  for (LoopContents& contents : loops_of(index)) {
    if (!is_open_ended(contents)) continue;
    const auto probe = std::find_if(contents.accesses.begin(), contents.accesses.end(),
                                    [](const AccessSite* site) { return is_probe(*site); });
    if (probe == contents.accesses.end() || is_work(index, **probe)) continue;
    if (!is_waiting(index, contents, **probe) || is_walk(contents, **probe)) continue;
    if (is_of_device(index, **probe)) continue;
    SpinLoop spin{.probe = *probe, .has_plain_look = is_read_in(contents, **probe)};
    spin.contents = std::move(contents);
    found.push_back(std::move(spin));
  }
  return found;
}

}  // namespace quarrel
