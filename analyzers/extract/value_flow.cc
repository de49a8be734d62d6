// From which objects does a value come, through the local variables that it passes?
#include "extract/value_flow.h"

#include <algorithm>

namespace quarrel {
namespace {

/// A value that has more sources than this is no copy of any of them.
constexpr size_t kMaxSources = 16;

bool is_same(const FlowSource& a, const FlowSource& b) {
  if (is_null(a.local) != is_null(b.local)) return false;
  return is_null(a.local) ? a.object == b.object : clang_equalCursors(a.local, b.local) != 0;
}

void insert(ValueFlow::Sources& sources, const FlowSource& source) {
  if (sources.size() >= kMaxSources) return;
  const bool is_known = std::any_of(sources.begin(), sources.end(),
                                    [&](const FlowSource& each) { return is_same(each, source); });
  if (!is_known) sources.push_back(source);
}

}  // namespace

ValueFlow::Sources ValueFlow::since(size_t mark) const {
  Sources sources;
  for (size_t i = mark; i < reads_.size(); ++i) insert(sources, reads_[i]);
  return sources;
}

void ValueFlow::note_read(FlowSource source) {
  reads_.push_back(source);
  if (is_null(source.local)) return;
  auto known = locals_.find(source.local);
  if (known == locals_.end()) return;
  reads_.insert(reads_.end(), known->second.sources.begin(), known->second.sources.end());
}

void ValueFlow::declare(CXCursor local, Sources sources) {
  locals_[local] = {depth_, std::move(sources)};
}

void ValueFlow::assign(CXCursor local, Sources sources) {
  auto known = locals_.find(local);
  if (known != locals_.end() && depth_ <= known->second.declared_at)
    known->second.sources = std::move(sources);
  else
    add(local, sources);
}

void ValueFlow::add(CXCursor local, const Sources& sources) {
  for (const FlowSource& each : sources) insert(locals_[local].sources, each);
}

}  // namespace quarrel
