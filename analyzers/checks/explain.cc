// By which calls does a thread get to an accused access?
#include "checks/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "checks/fact_index.h"

namespace quarrel {
namespace {

/// More chains would hide the finding.
constexpr size_t kMaxChains = 6;

class Explainer {
 public:
  explicit Explainer(const SourceFacts& facts) : index_(facts) {
    for (const SourceFunction& function : facts.functions)
      by_name_.try_emplace(function.name, function.symbol);
  }

  void explain(Finding& finding) const {
    std::set<std::string> functions;
    const std::vector<FindingLocation> accused = finding.locations;
    for (const FindingLocation& location : accused) {
      if (functions.size() >= kMaxChains) break;
      if (location.role == "thread entry") continue;
      if (location.function.empty() || !functions.insert(location.function).second) continue;
      const auto found = by_name_.find(location.function);
      if (found != by_name_.end()) add_chain(found->second, location, finding.locations);
    }
  }

 private:
  bool is_root(SymbolId function) const {
    const SourceFunction* known = index_.function(function);
    return !index_.starts_of(function).empty() || (known != nullptr && known->is_main);
  }

  /// The calls of the shortest way from a root, first call first; empty if there is none, or if
  /// the function is a root itself (then `root` is set).
  std::vector<const CallEdge*> way_to(SymbolId function, SymbolId& root) const {
    std::map<SymbolId, const CallEdge*> next = {{function, nullptr}};
    std::deque<SymbolId> pending = {function};
    while (!pending.empty() && !root.is_valid()) {
      const SymbolId at = pending.front();
      pending.pop_front();
      if (is_root(at)) root = at;
      for (const CallEdge* call : index_.calls_to(at))
        if (next.try_emplace(call->caller, call).second) pending.push_back(call->caller);
    }
    std::vector<const CallEdge*> way;
    if (!root.is_valid()) return way;
    for (const CallEdge* call = next[root]; call != nullptr; call = next[call->callee])
      way.push_back(call);
    return way;
  }

  void add_chain(SymbolId function, const FindingLocation& accused,
                 std::vector<FindingLocation>& locations) const {
    SymbolId root;
    const std::vector<const CallEdge*> way = way_to(function, root);
    if (!root.is_valid()) {
      FindingLocation unknown = accused;
      unknown.role = "path";
      unknown.note = "no thread entry is known to lead here: any thread may call it";
      locations.push_back(std::move(unknown));
      return;
    }
    add_root(root, locations);
    for (const CallEdge* call : way) {
      FindingLocation step = index_.locate(
          call->position, "path",
          fmt::format("calls {}{}{}", index_.function_name(call->callee), how(call->kind),
                      call->loop_depth > 0 ? fmt::format(" in {} loop(s)", call->loop_depth) : ""));
      step.function = index_.function_name(call->caller);
      locations.push_back(std::move(step));
    }
  }

  static std::string_view how(CallKind kind) {
    if (kind == CallKind::kVirtual) return ", perhaps (virtual),";
    return kind == CallKind::kPointer ? ", perhaps (through a pointer)," : "";
  }

  void add_root(SymbolId root, std::vector<FindingLocation>& locations) const {
    const auto starts = index_.starts_of(root);
    if (starts.empty()) {
      locations.push_back(index_.locate(index_.function(root)->position, "path", "main begins"));
      return;
    }
    const ThreadEntry& start = *starts.front();
    FindingLocation location = index_.locate(
        start.position, "path",
        fmt::format("{} starts {} here{}", start.mechanism, index_.function_name(root),
                    start.is_in_loop ? ", in a loop: many threads" : ""));
    location.function = index_.function_name(start.starter);
    locations.push_back(std::move(location));
  }

  FactIndex index_;
  std::map<std::string, SymbolId> by_name_;
};

}  // namespace

void explain_findings(const SourceFacts& facts, std::vector<Finding>& findings) {
  const Explainer explainer(facts);
  for (Finding& finding : findings) explainer.explain(finding);
}

}  // namespace quarrel
