// What does the source call the things that a run only knows by address and line of code?
#include "join/source_names.h"

#include <utility>

namespace quarrel {
namespace {

void declare(const SourceFacts& facts, const SourcePos& position, DataObject& object) {
  if (position.file.value < facts.files.size())
    object.declared = {facts.files[position.file.value], position.line, position.column, ""};
}

}  // namespace

bool is_same_file(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return false;
  if (a.size() < b.size()) std::swap(a, b);
  if (!a.ends_with(b)) return false;
  return a.size() == b.size() || b.front() == '/' || a[a.size() - b.size() - 1] == '/';
}

bool describe_symbol(const SourceFacts& facts, SymbolId symbol, DataObject& object) {
  for (const SourceRecord& record : facts.records)
    for (const SourceField& field : record.fields) {
      if (field.symbol != symbol) continue;
      object.record = record.name;
      object.field = field.name;
      object.display = record.name + "::" + field.name;
      object.type = field.type;
      object.record_offset = field.offset_bits / 8;
      declare(facts, field.position, object);
      return true;
    }
  for (const SourceVariable& variable : facts.variables) {
    if (variable.symbol != symbol) continue;
    object.variable = object.display = variable.name;
    object.type = variable.type;
    declare(facts, variable.position, object);
    return true;
  }
  return false;
}

}  // namespace quarrel
