// Which compare-exchange loop do many threads run at full speed?
//
// A failed attempt means that another one succeeded; to try again at once makes the next ones fail.
// Reported only where many threads are known to run the loop, again and again: elsewhere a loop
// without backoff is the better one.
#include <algorithm>

#include "checks/cas_loops.h"
#include "checks/check.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "cas-no-backoff";

bool is_crowded(const CheckContext& context, SymbolId function) {
  const auto& roles = context.roles.of(function);
  return context.roles.is_called_in_loop(function) &&
         std::any_of(roles.begin(), roles.end(),
                     [&](RoleId role) { return context.roles[role].is_many; });
}

Finding finding_about(const CheckContext& context, const SharedObject& target,
                      const CasLoop& loop) {
  const std::string function = short_function_name(context.index, loop.cas->function);
  Complaint complaint = complaint_about(target);
  complaint.key = function;
  complaint.weight = 20;
  complaint.position = loop.cas->position;
  complaint.declared = site_text(context, *loop.cas, target.name);
  complaint.message = function + " (" + role_text(context, loop.cas->function) +
                      ") tries its compare-exchange of " + target.full_name() +
                      " again at once when it fails";
  complaint.reason =
      "many threads run it in a loop; how many attempts fail only a recording can "
      "say";
  complaint.locations = thread_starts(context, {loop.cas});
  complaint.advice = {{.remedy = "shorten",
                       .summary = "pause after a failed attempt, longer each time; or let each "
                                  "thread have a part of its own",
                       .memory_bytes = 0}};
  return finding_of(context.index, kRule, complaint);
}

void check_cas_no_backoff(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const CasLoop& loop : cas_loops(index)) {
    const SharedObject* target = objects.find(loop.cas->object);
    if (target == nullptr || loop.contents.loop->has_pause) continue;
    if (context.hotness.is_setup(*loop.cas) || loop.cas->is_indexed_by_variable) continue;
    if (is_crowded(context, loop.cas->function))
      findings.push_back(finding_about(context, *target, loop));
  }
}

const Registration<Check> kCasNoBackoff{{.name = kRule, .run = check_cas_no_backoff}};

}  // namespace
}  // namespace quarrel
