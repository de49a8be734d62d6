// Where is a lock taken, seen as a write to the memory of the lock?
#include "checks/acquisitions.h"

namespace quarrel {
namespace {

std::vector<AccessSite> sites_of(const SourceFacts& facts) {
  std::vector<AccessSite> sites;
  sites.reserve(facts.lock_regions.size());
  for (const LockRegion& region : facts.lock_regions) {
    AccessSite site{.object = region.lock, .function = region.function, .position = region.begin};
    site.access = SourceAccess::kReadModifyWrite;
    site.form = AccessForm::kPrimitive;
    site.loop_depth = region.loop_depth;
    sites.push_back(std::move(site));
  }
  return sites;
}

}  // namespace

Acquisitions::Acquisitions(const FactIndex& index)
    : sites_(sites_of(index.facts())),
      by_lock_(sites_, &AccessSite::object, index.symbol_count()) {}

}  // namespace quarrel
