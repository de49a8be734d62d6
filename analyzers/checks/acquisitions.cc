// Where is a lock taken, seen as a write to the memory of the lock?
#include "checks/acquisitions.h"

#include <algorithm>
#include <array>

#include "checks/identifiers.h"
#include "checks/name_words.h"

namespace quarrel {
namespace {

/// By symbol: fields and variables of arithmetic type that are named as locks.
std::vector<bool> lock_words(const FactIndex& index) {
  std::vector<bool> is_word(index.symbol_count());
  auto look_at = [&](SymbolId symbol, std::string_view name, bool is_record, uint64_t size) {
    if (symbol.value < is_word.size() && !is_record && size <= 8 && is_named_lock(name))
      is_word[symbol.value] = true;
  };
  for (const SourceRecord& record : index.facts().records)
    for (const SourceField& field : record.fields)
      look_at(field.symbol, field.name, field.type_record.is_valid() || field.type.ends_with('*'),
              field.size_bits / 8);
  for (const SourceVariable& variable : index.facts().variables)
    look_at(variable.symbol, variable.name,
            variable.type_record.is_valid() || variable.type.ends_with('*'), variable.size_bytes);
  return is_word;
}

AccessSite as_acquisition(AccessSite site) {
  site.access = SourceAccess::kReadModifyWrite;
  site.form = AccessForm::kPrimitive;
  return site;
}

std::vector<AccessSite> sites_of(const FactIndex& index) {
  std::vector<AccessSite> sites;
  for (const LockRegion& region : index.facts().lock_regions) {
    AccessSite site{.object = region.lock, .function = region.function, .position = region.begin};
    site.loop_depth = region.loop_depth;
    sites.push_back(as_acquisition(std::move(site)));
  }
  const auto is_word = lock_words(index);
  for (const AccessSite& site : index.facts().accesses)
    if (site.access == SourceAccess::kAddress && site.element_bytes == 0 &&
        site.object.value < is_word.size() && is_word[site.object.value])
      sites.push_back(as_acquisition(site));
  return sites;
}

}  // namespace

bool is_named_lock(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kLockWords = {"lck",   "lock",   "mtx",
                                                                 "mutex", "rwlock", "spinlock"};
  const auto words = words_of(simple_name(name));
  return !words.empty() &&
         std::find(kLockWords.begin(), kLockWords.end(), words.back()) != kLockWords.end();
}

Acquisitions::Acquisitions(const FactIndex& index)
    : sites_(sites_of(index)), by_lock_(sites_, &AccessSite::object, index.symbol_count()) {}

}  // namespace quarrel
