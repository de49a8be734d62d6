// Which waiting loops leave nothing to the others?
//
// A loop that asks one word again and again without a pause instruction keeps its core's twin from
// running, fills the pipeline with loads that a change makes void, and where there are more threads
// than cores it burns the time slice that the awaited thread needs.
#include "checks/check.h"
#include "checks/spin_loops.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "spin-no-pause";

Finding finding_about(const CheckContext& context, const SharedObject& object,
                      const SpinLoop& spin) {
  const std::string function(context.index.function_name(spin.contents.loop->function));
  Complaint complaint = complaint_about(object);
  complaint.key = function;
  complaint.weight = 30;
  complaint.position = spin.probe->position;
  complaint.declared = site_text(context, *spin.probe, object.name);
  complaint.message = short_function_name(context.index, spin.probe->function) + " waits for " +
                      object.full_name() + " in a loop without a pause";
  complaint.reason = "how long it waits only a recording can say; a pause costs nothing";
  complaint.advice = {{.remedy = "shorten",
                       .summary = "put a pause instruction into the loop (_mm_pause, yield on "
                                  "ARM), and after some rounds give up the processor: "
                                  "std::this_thread::yield, or wait() of the atomic",
                       .memory_bytes = 0}};
  return finding_of(context.index, kRule, complaint);
}

void check_spin_no_pause(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const SpinLoop& spin : spin_loops(index)) {
    // One that updates while it waits is told so by spin-on-rmw.
    const bool is_updating = is_read_modify_write(spin.probe->access) && !spin.has_plain_look;
    if (spin.contents.loop->has_pause || is_updating) continue;
    if (const SharedObject* object = objects.find(spin.probe->object))
      findings.push_back(finding_about(context, *object, spin));
  }
}

const Registration<Check> kSpinNoPause{{.name = kRule, .run = check_spin_no_pause}};

}  // namespace
}  // namespace quarrel
