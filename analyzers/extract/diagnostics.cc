// What do the errors of the compiler mean for the facts of a unit?
#include "extract/diagnostics.h"

#include <algorithm>
#include <unordered_set>

namespace quarrel {
namespace {

void note_first(UnitFacts& unit, CXDiagnostic diagnostic, const SourcePos& at) {
  TranslationUnit& state = unit.facts.units[0];
  if (state.state != UnitState::kComplete) return;
  state.state = UnitState::kWithErrors;
  state.reason = unit.files.path_at(clang_getDiagnosticLocation(diagnostic)) + ":" +
                 std::to_string(at.line) + ": " + take(clang_getDiagnosticSpelling(diagnostic));
}

/// Members are entered after the records around them, or in no order at all, so this goes on until
/// nothing changes.
void spread_to_holders(std::vector<SourceRecord>& records) {
  std::unordered_set<SymbolId> broken;
  auto is_broken = [&](const SourceRecord& record) {
    const auto holds = [&](const SourceField& field) { return broken.contains(field.type_record); };
    const auto derives = [&](const SourceBase& base) { return broken.contains(base.record); };
    return std::any_of(record.fields.begin(), record.fields.end(), holds) ||
           std::any_of(record.bases.begin(), record.bases.end(), derives);
  };
  for (const SourceRecord& record : records)
    if (!record.has_layout && !record.is_layout_assumed) broken.insert(record.symbol);
  for (size_t known = 0; known != broken.size();) {
    known = broken.size();
    for (SourceRecord& record : records)
      if (record.has_layout && is_broken(record)) {
        record.has_layout = false;
        broken.insert(record.symbol);
      }
  }
}

struct Extent {
  SourcePos begin;
  SourcePos end;

  bool contains(const SourcePos& at) const {
    return at.file == begin.file && at >= begin && at <= end;
  }
};

/// Of all functions outside of system headers: what is wrong in them does not move a member.
class FunctionExtents {
 public:
  explicit FunctionExtents(UnitFacts& unit) : unit_(unit) {}

  bool contain(const SourcePos& at, CXTranslationUnit translation_unit) {
    if (extents_.empty()) collect(clang_getTranslationUnitCursor(translation_unit));
    return std::any_of(extents_.begin(), extents_.end(),
                       [&](const Extent& each) { return each.contains(at); });
  }

 private:
  void collect(CXCursor scope) {
    for (CXCursor child : children_of(scope)) {
      if (is_in_system_header(child)) continue;
      const CXCursorKind kind = clang_getCursorKind(child);
      const CXSourceRange range = clang_getCursorExtent(child);
      if (is_function(child) || kind == CXCursor_FunctionTemplate)
        extents_.push_back({unit_.files.position(clang_getRangeStart(range)),
                            unit_.files.position(clang_getRangeEnd(range))});
      else if (is_record(child) || kind == CXCursor_Namespace || kind == CXCursor_LinkageSpec ||
               kind == CXCursor_ClassTemplate)
        collect(child);
    }
  }

  UnitFacts& unit_;
  std::vector<Extent> extents_;
};

}  // namespace

void apply_diagnostics(UnitFacts& unit, CXTranslationUnit translation_unit) {
  FunctionExtents functions(unit);
  bool is_any_broken = false;
  for (unsigned i = 0; i < clang_getNumDiagnostics(translation_unit); ++i) {
    CXDiagnostic diagnostic = clang_getDiagnostic(translation_unit, i);
    if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
      const SourcePos at = unit.files.position(clang_getDiagnosticLocation(diagnostic));
      note_first(unit, diagnostic, at);
      for (SourceRecord& record : unit.facts.records) {
        const bool is_inside = Extent{record.position, record.end}.contains(at);
        if (!is_inside || record.is_layout_assumed || functions.contain(at, translation_unit))
          continue;
        record.has_layout = false;
        is_any_broken = true;
      }
    }
    clang_disposeDiagnostic(diagnostic);
  }
  if (is_any_broken) spread_to_holders(unit.facts.records);
}

}  // namespace quarrel
