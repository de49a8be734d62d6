// Which waiting loops write while they wait?
//
// Each exchange or compare-exchange takes the line away from all others, also if it changes
// nothing. Waiters that only read share the line until the holder's store: test and test-and-set.
#include "checks/check.h"
#include "checks/spin_loops.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "spin-on-rmw";

Finding finding_about(const CheckContext& context, const SharedObject& object,
                      const SpinLoop& spin) {
  const std::string function(context.index.function_name(spin.contents.loop->function));
  Complaint complaint = complaint_about(object);
  complaint.key = function;
  complaint.weight = 30;
  complaint.position = spin.probe->position;
  complaint.declared = site_text(context, *spin.probe, object.name);
  complaint.message = short_function_name(context.index, spin.probe->function) + " spins on " +
                      object.full_name() + " with an update: each round of each waiter takes the " +
                      "line away from the holder";
  complaint.reason = "how many wait at once only a recording can say";
  complaint.advice = {{.remedy = "atomic",
                       .summary = "spin on a relaxed load with a pause, and try the update only "
                                  "when it looks free",
                       .memory_bytes = 0}};
  return finding_of(context.index, kRule, complaint);
}

void check_spin_on_rmw(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const SpinLoop& spin : spin_loops(index)) {
    if (!is_read_modify_write(spin.probe->access) || spin.has_plain_look) continue;
    if (const SharedObject* object = objects.find(spin.probe->object))
      findings.push_back(finding_about(context, *object, spin));
  }
}

const Registration<Check> kSpinOnRmw{{.name = kRule, .run = check_spin_on_rmw}};

}  // namespace
}  // namespace quarrel
