// Which fields of the source do bytes of a cache line without a name seem to be?
#include "join/line_guess.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "join/sharing.h"
#include "join/source_names.h"

namespace quarrel {
namespace {

bool can_be(SourceAccess in_source, AccessKind of_code) {
  switch (in_source) {
    case SourceAccess::kRead:
      return of_code == AccessKind::kRead;
    case SourceAccess::kWrite:
      return of_code != AccessKind::kRead;
    case SourceAccess::kReadModifyWrite:
    case SourceAccess::kCompareExchange:
      return true;  // plain code loads first and stores then
    case SourceAccess::kAddress:
      return false;
  }
  return false;
}

/// Bytes of a line, and which object of the source all their accesses agree on.
struct Guess {
  SymbolId object;
  bool is_disputed = false;

  void agree_on(SymbolId other) {
    is_disputed |= !other.is_valid() || (object.is_valid() && object != other);
    object = other;
  }
};

class LineGuesses {
 public:
  explicit LineGuesses(const SourceFacts& facts) : facts_(facts) {
    for (const AccessSite& site : facts.accesses) by_line_[site.position.line].push_back(&site);
    for (const SourceRecord& record : facts.records)
      for (const SourceField& field : record.fields) sizes_[field.symbol] = size_of(field);
    for (const SourceVariable& variable : facts.variables)
      sizes_[variable.symbol] = variable.array_length > 0 ? 0 : variable.size_bytes;
  }

  void name(LineProfile& line) const {
    std::map<std::pair<uint32_t, uint32_t>, Guess> guesses;  // by offset and size
    for (const LineAccess& access : line.accesses)
      if (object_at(line, line.address + access.offset) == nullptr)
        guesses[{access.offset, access.size}].agree_on(object_used_by(access));
    for (const auto& [bytes, guess] : guesses) {
      if (guess.is_disputed) continue;
      DataObject object{.source = NameSource::kGuess,
                        .address = line.address + bytes.first,
                        .size = bytes.second,
                        .how = "a guess: the source uses it on the line of code that was seen"};
      if (describe_symbol(facts_, guess.object, object)) line.objects.push_back(std::move(object));
    }
    std::stable_sort(
        line.objects.begin(), line.objects.end(),
        [](const DataObject& a, const DataObject& b) { return a.address < b.address; });
  }

 private:
  /// 0 for what an access does not touch as a whole.
  static uint64_t size_of(const SourceField& field) {
    if (field.is_bit_field || field.array_length > 0) return 0;
    return field.size_bits / 8;
  }

  SymbolId object_used_by(const LineAccess& access) const {
    Guess guess;
    if (access.callers.empty()) guess.agree_on(object_used_at(access.location, access));
    for (const AccessCaller& caller : access.callers)
      guess.agree_on(object_used_at(caller.user, access));
    return guess.is_disputed ? SymbolId{} : guess.object;
  }

  /// A line that uses several objects of that size tells nothing.
  SymbolId object_used_at(const CodeLocation& place, const LineAccess& access) const {
    const auto sites = by_line_.find(place.line);
    if (sites == by_line_.end()) return {};
    Guess guess;
    for (const AccessSite* site : sites->second)
      if (is_in(place.file, *site) && can_be(site->access, access.kind) &&
          bytes_used(*site) == access.size)
        guess.agree_on(site->object);
    return guess.is_disputed ? SymbolId{} : guess.object;
  }

  bool is_in(const std::string& file, const AccessSite& site) const {
    const FileId in_facts = site.position.file;
    return in_facts.value < facts_.files.size() && is_same_file(file, facts_.files[in_facts.value]);
  }

  /// Elements behind a pointer or in a container have no name here.
  uint64_t bytes_used(const AccessSite& site) const {
    const auto size = sizes_.find(site.object);
    return site.element_bytes > 0 || size == sizes_.end() ? 0 : size->second;
  }

  const SourceFacts& facts_;
  std::unordered_map<uint32_t, std::vector<const AccessSite*>> by_line_;
  std::map<SymbolId, uint64_t> sizes_;  // in bytes
};

}  // namespace

void guess_line_names(const SourceFacts& facts, std::vector<LineProfile>& lines) {
  const LineGuesses guesses(facts);
  for (LineProfile& line : lines) guesses.name(line);
}

}  // namespace quarrel
