// Which compare-exchange loop allocates in each attempt?
//
// An allocation takes longer than the attempt, so that others get in between more often, and it
// enters the allocator's own locks. What is allocated ahead of the loop can be tried again.
#include "checks/cas_loops.h"
#include "checks/check.h"
#include "checks/shared_objects.h"
#include "checks/wording.h"

namespace quarrel {
namespace {

constexpr std::string_view kRule = "cas-alloc";

const SourceAllocation* allocation_in(const CasLoop& loop) {
  for (const SourceAllocation* allocation : loop.contents.allocations)
    if (loop.is_retried(allocation->position)) return allocation;
  return nullptr;
}

/// Copied, changed and published as a whole: the copy is made of what the attempt read.
bool is_copy_on_write(const SharedObject& target) {
  return target.type.find("shared_ptr<") != target.type.npos;
}

Finding finding_about(const CheckContext& context, const SharedObject& target,
                      const SourceAllocation& allocation, const CasLoop& loop) {
  const std::string function = short_function_name(context.index, allocation.function);
  Complaint complaint = complaint_about(target);
  complaint.key = function;
  complaint.weight = 25;
  complaint.position = allocation.position;
  complaint.declared = allocation.allocator + " in each attempt";
  complaint.message =
      function + " allocates in each attempt of its compare-exchange of " + target.full_name();
  complaint.reason = "attempts that fail are made again, the more often the longer they take";
  complaint.locations = {located(context, target, *loop.cas)};
  complaint.advice = {{.remedy = "shorten",
                       .summary = "allocate once ahead of the loop, fill in what depends on the "
                                  "value that was read within it",
                       .memory_bytes = 0}};
  return finding_of(context.index, kRule, complaint);
}

void check_cas_alloc(const FactIndex& index, std::vector<Finding>& findings) {
  const CheckContext& context = index.context();
  const ObjectTable objects(index);
  for (const CasLoop& loop : cas_loops(index)) {
    const SourceAllocation* allocation = allocation_in(loop);
    const SharedObject* target = objects.find(loop.cas->object);
    if (allocation != nullptr && target != nullptr && !is_copy_on_write(*target))
      findings.push_back(finding_about(context, *target, *allocation, loop));
  }
}

const Registration<Check> kCasAlloc{{.name = kRule, .run = check_cas_alloc}};

}  // namespace
}  // namespace quarrel
