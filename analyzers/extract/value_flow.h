// From which objects does a value come, through the local variables that it passes?
#pragma once

#include <cstddef>
#include <vector>

#include "extract/cursor.h"
#include "model/source_facts.h"

namespace quarrel {

/// An object that was read. Whether a local is shared, and so worth a symbol, shows only when its
/// function has been walked.
struct FlowSource {
  SymbolId object;
  CXCursor local{};  ///< null: a field or a global, whose symbol `object` is
};

/// Follows one function in source order. Reads gather in a list; who wants to know what went into
/// an expression marks the list before and asks after it. Nothing is forgotten on the way, so the
/// answer is what may flow; an assignment replaces only on the level of the declaration.
class ValueFlow {
 public:
  using Sources = std::vector<FlowSource>;

  size_t mark() const { return reads_.size(); }
  Sources since(size_t mark) const;

  void note_read(FlowSource source);
  void enter_branch() { ++depth_; }
  void leave_branch() { --depth_; }
  void declare(CXCursor local, Sources sources);
  void assign(CXCursor local, Sources sources);
  void add(CXCursor local, const Sources& sources);

 private:
  struct Local {
    int declared_at = 0;
    Sources sources;
  };

  int depth_ = 0;
  Sources reads_;
  CursorMap<Local> locals_;
};

}  // namespace quarrel
