// How do unwind tables get into the kernel, and into the programs that run there already?
#include "collect/bpf_unwind_tables.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "collect/kernel_session.h"

namespace quarrel {
namespace {

// For libraries that are opened later: 2 MiB, and half of what is there.
constexpr size_t kSpareRows = 262'144;
constexpr size_t kSpareRules = 4096;
constexpr size_t kMaxRows = size_t{1} << UNWIND_ROW_BITS;

static_assert(sizeof(unwind_row) == sizeof(UnwindRow));
static_assert(sizeof(unwind_rule) == sizeof(UnwindRule));
static_assert(offsetof(unwind_row, rule) == offsetof(UnwindRow, rule));
static_assert(offsetof(unwind_rule, is_signal_frame) == offsetof(UnwindRule, is_signal_frame));
static_assert(offsetof(unwind_rule, rbx) == offsetof(UnwindRule, rbx));
static_assert(offsetof(unwind_rule, return_offset) == offsetof(UnwindRule, return_offset));
static_assert(offsetof(unwind_rule, cfa_offset) == offsetof(UnwindRule, cfa_offset));
static_assert(int{UNWIND_LAZY_STUB} == int(CfaBase::kLazyStub));
static_assert(int{UNWIND_MEMORY_PLUS_8} == int(CfaBase::kMemoryPlus8));
static_assert(int{UNWIND_UNKNOWN} == int(SavedIn::kUnknown));
static_assert(int{UNWIND_IN_REGISTER} == int(SavedIn::kInRegister));

}  // namespace

void BpfUnwindTables::set_sizes(const UnwindMaps& maps,
                                const std::vector<MappedUnwindTable>& tables) {
  std::set<const UnwindTable*> seen;
  size_t rows = 0;
  size_t rules = 0;
  for (const MappedUnwindTable& mapped : tables) {
    if (!seen.insert(mapped.table.get()).second) continue;
    rows += mapped.table->rows.size();
    rules += mapped.table->rules.size();
  }
  const size_t all_rows = std::min(rows + rows / 2 + kSpareRows, kMaxRows);
  const size_t all_rules = std::min(rules + rules / 2 + kSpareRules, size_t{UNWIND_MAX_RULES});
  bpf_map__set_max_entries(maps.rows, static_cast<uint32_t>(all_rows));
  bpf_map__set_max_entries(maps.rules, static_cast<uint32_t>(all_rules));
}

Result<void> BpfUnwindTables::open(const UnwindMaps& maps) {
  maps_ = maps;
  TRY_VOID(rows_.open(maps.rows));
  TRY_VOID(rules_.open(maps.rules));
  return mappings_.open(maps.mappings);
}

/// Null if there is no room left.
const BpfUnwindTables::Place* BpfUnwindTables::place_of(
    const std::shared_ptr<const UnwindTable>& table) {
  if (const auto known = places_.find(table.get()); known != places_.end()) return &known->second;
  if (table->rows.size() > rows_.count() - next_row_ ||
      table->rules.size() > rules_.count() - next_rule_)
    return nullptr;
  std::memcpy(rows_.values<unwind_row>() + next_row_, table->rows.data(),
              table->rows.size() * sizeof(unwind_row));
  std::memcpy(rules_.values<unwind_rule>() + next_rule_, table->rules.data(),
              table->rules.size() * sizeof(unwind_rule));
  const Place place{next_row_, next_rule_, table};
  next_row_ += static_cast<uint32_t>(table->rows.size());
  next_rule_ += static_cast<uint32_t>(table->rules.size());
  return &places_.emplace(table.get(), place).first->second;
}

void BpfUnwindTables::update(const std::vector<MappedUnwindTable>& tables) {
  const uint32_t generation = *maps_.generation + 1;
  const uint32_t half = generation % 2;
  auto* mapping = mappings_.values<unwind_mapping>() + size_t{half} * UNWIND_MAX_MAPPINGS;
  uint32_t count = 0;
  left_out_ = 0;
  for (const MappedUnwindTable& mapped : tables) {
    const Place* place = count < UNWIND_MAX_MAPPINGS ? place_of(mapped.table) : nullptr;
    if (place == nullptr) {
      ++left_out_;
      continue;
    }
    mapping[count++] = {.start = mapped.start,
                        .end = mapped.end,
                        .first_address = mapped.first_address,
                        .first_row = place->first_row,
                        .row_count = static_cast<uint32_t>(mapped.table->rows.size()),
                        .first_rule = place->first_rule,
                        .reserved = 0};
  }
  maps_.mapping_count[half] = count;
  __atomic_thread_fence(__ATOMIC_RELEASE);
  *maps_.generation = generation;
  // The other half is free once no program uses it any more.
  wait_for_running_programs();
}

}  // namespace quarrel
