// Which model, full of every feature, does a property test run over?
#include "unit/random_model.h"

#include <algorithm>

namespace quarrel {
namespace {

constexpr size_t kFewRows = 12;

}  // namespace

std::string RandomModel::text() {
  if (below(8) == 0) return {};
  std::string text(below(10) == 0 ? 5000 : 1 + below(20), ' ');
  for (char& letter : text) letter = static_cast<char>(coin() ? 'a' + below(26) : below(256));
  return text;
}

std::vector<SymbolId> RandomModel::some_symbols() {
  std::vector<SymbolId> symbols(below(4));
  for (SymbolId& one : symbols) one = symbol();
  return symbols;
}

SourcePos RandomModel::position() {
  return {maybe_id<FileTag>(files_), static_cast<uint32_t>(engine_()),
          static_cast<uint32_t>(below(200))};
}

FutexSignature RandomModel::signature() {
  return {static_cast<uint8_t>(below(14)), coin(), coin(), coin(), static_cast<uint8_t>(below(6))};
}

Run RandomModel::run() {
  return {.tool_version = text(),
          .command = text(),
          .pid = static_cast<int32_t>(below(1 << 22)),
          .host = {text(), text(), text(), static_cast<uint32_t>(below(512)), coin() ? 64U : 128U},
          .start_ns = amount(),
          .duration_ns = amount(),
          .stop_reason = value(StopReason::kImported),
          .sample_period_ns = amount()};
}

Mapping RandomModel::mapping(uint64_t start, size_t modules) {
  return {start, start + below(1 << 20), amount(), id<ModuleTag>(modules), coin()};
}

LockStats RandomModel::lock_stats() {
  LockStats stats{address(), signature(), {},       amount(), amount(), amount(),
                  amount(),  amount(),    amount(), amount(), amount()};
  stats.histogram = histogram();
  return stats;
}

std::vector<uint64_t> RandomModel::histogram() {
  std::vector<uint64_t> buckets(WaitHistogramShape::kBuckets);
  for (size_t count = below(20); count > 0; --count)
    buckets[below(WaitHistogramShape::kBuckets)] = amount();
  return buckets;
}

LineSample RandomModel::line_sample(const Recording& recording) {
  LineSample sample{.thread = id<ThreadTag>(recording.threads.size()),
                    .cpu = static_cast<uint32_t>(below(512)),
                    .time_ns = amount(),
                    .ip = address(),
                    .stack = maybe_id<StackTag>(recording.stacks.size())};
  for (size_t count = below(4); count > 0; --count)
    sample.peers.push_back(id<ThreadTag>(recording.threads.size()));
  for (size_t count = below(4); count > 0; --count)
    sample.accesses.push_back({address(), address(), static_cast<uint16_t>(below(65536)),
                               value(AccessKind::kReadWrite), coin(),
                               static_cast<uint8_t>(below(256)), coin(), coin()});
  return sample;
}

MemorySample RandomModel::memory_sample(const Recording& recording) {
  return {.thread = id<ThreadTag>(recording.threads.size()),
          .cpu = static_cast<uint32_t>(below(512)),
          .time_ns = amount(),
          .ip = address(),
          .address = address(),
          .physical_address = address(),
          .data_source = address(),
          .period = amount(),
          .latency_cycles = static_cast<uint32_t>(engine_()),
          .instruction_cycles = static_cast<uint32_t>(engine_()),
          .event = value(MemoryEvent::kInstructions),
          .is_kernel = coin(),
          .stack = maybe_id<StackTag>(recording.stacks.size())};
}

Coverage RandomModel::coverage() {
  Coverage coverage{text(),   text(),   value(CollectorState::kOff),
                    text(),   amount(), amount(),
                    amount(), {},       amount()};
  for (size_t count = below(3); count > 0; --count) coverage.lost.push_back({text(), amount()});
  return coverage;
}

void RandomModel::append(Recording& recording) {
  const auto new_rows = [this] { return 1 + below(kFewRows); };
  for (size_t count = new_rows(); count > 0; --count) recording.modules.push_back({text(), text()});
  for (size_t count = new_rows(); count > 0; --count)
    recording.frames.push_back({maybe_id<FrameTag>(recording.frames.size()), address(), coin()});
  for (size_t count = new_rows(); count > 0; --count)
    recording.stacks.push_back(
        {maybe_id<FrameTag>(recording.frames.size()), value(StackStatus::kByFramePointer)});
  for (size_t count = new_rows(); count > 0; --count)
    recording.line_samples.push_back(line_sample(recording));
  for (size_t count = new_rows(); count > 0; --count)
    recording.memory_samples.push_back(memory_sample(recording));
  for (size_t count = new_rows(); count > 0; --count)
    recording.lock_memory.push_back(
        {address(), static_cast<int32_t>(below(1024)) - 1, static_cast<int32_t>(below(3))});
  for (size_t count = new_rows(); count > 0; --count) {
    Exemplar exemplar{address(), maybe_id<StackTag>(recording.stacks.size()), {}, {}};
    for (uint64_t pointers = below(3); pointers > 0; --pointers)
      exemplar.pointers.push_back({address(), address(), amount()});
    exemplar.capture = {
        static_cast<int32_t>(below(1 << 22)), amount(), {}, address(), {}, address()};
    for (uint64_t& one : exemplar.capture.registers) one = address();
    exemplar.capture.bytes.resize(below(300));
    for (uint8_t& byte : exemplar.capture.bytes) byte = static_cast<uint8_t>(below(256));
    recording.exemplars.push_back(std::move(exemplar));
  }
}

void RandomModel::rewrite(Recording& recording) {
  const auto waiter = [&] { return id<ThreadTag>(recording.threads.size()); };
  const auto maybe_waiter = [&] { return maybe_id<ThreadTag>(recording.threads.size()); };
  const auto owner = [&] { return maybe_id<ThreadTag>(recording.threads.size()); };
  const auto stack = [&] { return maybe_id<StackTag>(recording.stacks.size()); };
  recording.run = run();
  recording.mappings.push_back(mapping(address() >> 16, recording.modules.size()));
  std::ranges::sort(recording.mappings, {}, &Mapping::start);
  recording.lock_waits.push_back(
      {address(), signature(), maybe_waiter(), owner(), amount(), amount(), amount()});
  recording.lock_stats.push_back(lock_stats());
  recording.wait_stacks.push_back(
      {address(), signature(), waiter(), owner(), stack(), amount(), amount(), amount()});
  recording.long_waits.push_back({address(), waiter(), owner(), stack(), amount(), amount()});
  recording.wait_slices.push_back({address(), static_cast<uint32_t>(below(1000)), amount()});
  const auto state = [&] { return value(HolderState::kWaitingForLock); };
  recording.holder_times.push_back({address(), owner(), state(), address(), amount()});
  recording.blames.push_back({address(), waiter(), state(), stack(), amount(), amount()});
  recording.wake_stacks.push_back({address(), waiter(), stack(), amount(), amount()});
  recording.kernel_lock_waits.push_back(
      {address(), static_cast<uint32_t>(below(64)), coin(), text(), amount(), amount(), amount()});
  recording.kernel_lock_stacks.push_back(
      {address(), text(), waiter(), stack(), amount(), amount()});
  recording.lock_holds.push_back(
      {address(), coin(), amount(), amount(), amount(), amount(), amount(), histogram(), stack()});
  recording.hold_probing.push_back(
      {amount(), amount(), amount(), amount(), amount(), amount(), amount()});
  recording.heap_blocks.push_back({address(), amount(), waiter(), stack(), amount(), amount()});
  recording.shared_memory.push_back({address(), address(), amount(), amount(), amount()});
  recording.thread_local_blocks.push_back(
      {id<ModuleTag>(recording.modules.size()), amount(), amount()});
  recording.generated_code.push_back({address(), amount(), text()});
  recording.watch_hits.push_back({address(), static_cast<uint16_t>(1 + below(8)), waiter(),
                                  address(), value(AccessKind::kReadWrite), coin(), amount(),
                                  amount()});
  recording.progress_windows.push_back({address(), static_cast<uint16_t>(1 + below(8)), waiter(),
                                        coin(), -static_cast<int64_t>(amount()), amount()});
  recording.watched_bytes.push_back(
      {address(), static_cast<uint16_t>(1 + below(8)), amount(), amount()});
  const auto kind = [this] { return static_cast<GoLockKind>(below(3)); };
  recording.goroutine_waits.push_back(
      {address(), kind(), amount(), stack(), amount(), amount(), amount()});
  recording.goroutine_locks.push_back({address(), kind(), histogram(), amount()});
  recording.goroutine_holds.push_back({address(), amount(), stack(), amount(), amount()});
  recording.coverage.push_back(coverage());
  recording.lock_waits.front().count = amount();
  recording.threads.front().last_seen_ns = amount();
}

void RandomModel::grow(Recording& recording) {
  for (size_t count = 1 + below(3); count > 0; --count)
    recording.threads.push_back({static_cast<int32_t>(below(1 << 22)),
                                 static_cast<int32_t>(below(1 << 22)), text(), amount(), amount(),
                                 address()});
  append(recording);
  for (size_t count = 1 + below(kFewRows); count > 0; --count) rewrite(recording);
}

Recording RandomModel::recording() {
  Recording recording;
  grow(recording);
  return recording;
}

SourceField RandomModel::field() {
  return {maybe_symbol(), text(), text(),         maybe_symbol(), amount(), amount(),
          amount(),       coin(), coin(),         coin(),         coin(),   value(LockClass::kSpin),
          amount(),       text(), maybe_symbol(), text(),         text(),   position()};
}

SourceRecord RandomModel::record() {
  SourceRecord record{.symbol = symbol(),
                      .name = text(),
                      .pattern = maybe_symbol(),
                      .size_bytes = amount(),
                      .align_bytes = amount(),
                      .is_union = coin(),
                      .is_lambda = coin(),
                      .has_layout = coin(),
                      .is_in_system_header = coin(),
                      .is_layout_assumed = coin(),
                      .alignas_bytes = amount(),
                      .alignas_text = text(),
                      .position = position(),
                      .end = position()};
  for (size_t count = below(5); count > 0; --count) record.fields.push_back(field());
  for (size_t count = below(3); count > 0; --count)
    record.bases.push_back({maybe_symbol(), amount(), coin()});
  for (size_t count = below(3); count > 0; --count) record.template_arguments.push_back(text());
  return record;
}

SourceVariable RandomModel::variable() {
  return {symbol(),
          text(),
          text(),
          maybe_symbol(),
          value(Storage::kParameter),
          amount(),
          amount(),
          amount(),
          coin(),
          coin(),
          value(LockClass::kSpin),
          amount(),
          text(),
          maybe_symbol(),
          text(),
          text(),
          coin(),
          position()};
}

AccessSite RandomModel::access() {
  return {.object = symbol(),
          .function = maybe_symbol(),
          .position = position(),
          .access = value(SourceAccess::kAddress),
          .form = value(AccessForm::kPrimitive),
          .order = value(MemoryOrder::kUnknown),
          .loop_depth = static_cast<uint32_t>(below(9)),
          .locks_held = some_symbols(),
          .is_indexed_by_variable = coin(),
          .is_initialization = coin(),
          .base = text(),
          .index = text(),
          .value_from = some_symbols(),
          .guarded_by = some_symbols(),
          .is_in_loop_condition = coin(),
          .is_result_used = coin()};
}

LockRegion RandomModel::lock_region() {
  return {.lock = symbol(),
          .mode = value(LockMode::kTry),
          .function = maybe_symbol(),
          .begin = position(),
          .end = position(),
          .loop_depth = static_cast<uint32_t>(below(9)),
          .guard = text(),
          .objects = some_symbols(),
          .calls = some_symbols()};
}

SourceFacts RandomModel::facts() {
  SourceFacts facts;
  files_ = 1 + below(kFewRows);
  symbols_ = 1 + below(kFewRows);
  for (size_t count = files_; count > 0; --count) {
    facts.files.push_back(text());
    facts.file_is_system.push_back(coin());
  }
  for (size_t count = symbols_; count > 0; --count) facts.symbols.push_back(text());
  for (size_t count = 1 + below(kFewRows); count > 0; --count) {
    facts.records.push_back(record());
    facts.variables.push_back(variable());
    facts.functions.push_back({symbol(), text(), value(FunctionKind::kLambda), maybe_symbol(),
                               coin(), coin(), coin(), coin(), position()});
    facts.typedefs.push_back(
        {symbol(), text(), maybe_symbol(), amount(), amount(), text(), position()});
    facts.allocations.push_back(
        {maybe_symbol(), maybe_symbol(), position(), text(), amount(), coin(), text(), text()});
    facts.accesses.push_back(access());
    facts.lock_regions.push_back(lock_region());
    facts.thread_entries.push_back(
        {maybe_symbol(), maybe_symbol(), position(), text(), coin(), maybe_symbol(), text()});
    facts.calls.push_back({symbol(), symbol(), position(), static_cast<uint32_t>(below(9)),
                           value(CallKind::kPointer)});
    facts.loops.push_back(
        {maybe_symbol(), position(), position(), static_cast<uint32_t>(below(9)), coin(), coin()});
    facts.remarks.push_back(
        {value(RemarkKind::kConstructiveSize), maybe_symbol(), maybe_symbol(), position(), text()});
    facts.suppressions.push_back({position(), text(), text()});
    facts.units.push_back(
        {maybe_id<FileTag>(files_), value(UnitState::kTimedOut), text(), text(), coin()});
  }
  return facts;
}

}  // namespace quarrel
