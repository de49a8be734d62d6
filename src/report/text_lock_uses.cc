// How does a terminal show how locks were used?
#include "report/text_lock_uses.h"

#include "report/lock_use_table.h"
#include "report/text_layout.h"

namespace quarrel {
namespace {

std::string render_locks(const LockUses& uses) {
  std::vector<TextTable::Column> columns;
  for (const LockUseColumn& column : lock_use_columns())
    columns.push_back({column.title, column.is_number});
  columns.front().kind = TextTable::Kind::kFunction;
  TextTable table(std::move(columns));
  for (const std::vector<std::string>& row : lock_use_rows(uses)) table.add(row);
  return table.render(2);
}

}  // namespace

std::string render_text_lock_uses(const Diagnosis& diagnosis) {
  if (!diagnosis.lock_uses) return "";
  const LockUses& uses = *diagnosis.lock_uses;
  std::string text = "\nLocks in use, contended or not (failed: trylocks)\n" + render_locks(uses);
  const std::string rest = lock_use_rest(uses);
  if (!rest.empty()) text += "  " + rest + "\n";
  return text + wrap(lock_use_note(uses, diagnosis.run.duration_s), 2, 2);
}

}  // namespace quarrel
