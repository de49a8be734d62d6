// How does a test write down facts about a program without a compiler?
#pragma once

#include <string>
#include <vector>

#include "model/source_facts.h"

namespace quarrel {

/// Builds SourceFacts by hand. Lines count up with every fact, so that positions differ and code
/// comes in the order of the calls. References into `facts` do not outlive the next call.
class FactsBuilder {
 public:
  SourceFacts facts;

  FactsBuilder() {
    facts.files = {"main.cc", "other.cc"};
    facts.file_is_system = {false, false};
  }

  SymbolId record(std::string name, uint64_t size, uint64_t align = 8) {
    SourceRecord record{.symbol = symbol(name), .name = name, .size_bytes = size};
    record.align_bytes = align;
    record.has_layout = true;
    record.position = next();
    facts.records.push_back(record);
    return record.symbol;
  }

  SymbolId field(SymbolId owner, std::string name, uint64_t offset, std::string type = "long",
                 uint64_t size = 8) {
    SourceRecord& record = record_of(owner);
    SourceField field{.symbol = symbol(record.name + "::" + name), .name = name, .type = type};
    field.offset_bits = offset * 8;
    field.size_bits = size * 8;
    field.is_atomic = type.starts_with("std::atomic");
    field.is_volatile = type.starts_with("volatile");
    field.lock = type == "std::mutex" ? LockClass::kMutex : LockClass::kNone;
    field.position = next();
    record.fields.push_back(field);
    return field.symbol;
  }

  SymbolId atomic_field(SymbolId owner, std::string name, uint64_t offset) {
    return field(owner, std::move(name), offset, "std::atomic<long>");
  }

  SymbolId global(std::string name, std::string type = "long", uint64_t alignas_bytes = 0) {
    SourceVariable variable{.symbol = symbol(name), .name = name, .type = type};
    variable.size_bytes = 8;
    variable.align_bytes = 8;
    variable.alignas_bytes = alignas_bytes;
    variable.is_atomic = type.starts_with("std::atomic");
    variable.is_volatile = type.starts_with("volatile");
    variable.position = next();
    facts.variables.push_back(variable);
    return variable.symbol;
  }

  SymbolId function(std::string name, SymbolId record = {},
                    FunctionKind kind = FunctionKind::kPlain) {
    SourceFunction function{.symbol = symbol(name), .name = name, .kind = kind, .record = record};
    function.is_main = name == "main";
    function.position = next();
    facts.functions.push_back(function);
    return function.symbol;
  }

  /// A function that a thread of its own runs.
  SymbolId thread(std::string name, bool is_in_loop = false) {
    const SymbolId entry = function(std::move(name));
    start(entry, {}, is_in_loop);
    return entry;
  }

  void start(SymbolId entry, SymbolId starter, bool is_in_loop = false) {
    facts.thread_entries.push_back({.entry = entry,
                                    .starter = starter,
                                    .position = next(),
                                    .mechanism = "std::thread",
                                    .is_in_loop = is_in_loop});
  }

  void call(SymbolId caller, SymbolId callee, uint32_t loop_depth = 0) {
    facts.calls.push_back(
        {.caller = caller, .callee = callee, .position = next(), .loop_depth = loop_depth});
  }

  AccessSite& access(SymbolId object, SymbolId function, SourceAccess access, AccessForm form,
                     uint32_t loop_depth) {
    AccessSite site{.object = object, .function = function, .position = next()};
    site.access = access;
    site.form = form;
    site.loop_depth = loop_depth;
    site.base = "this";
    facts.accesses.push_back(site);
    return facts.accesses.back();
  }

  AccessSite& atomic_add(SymbolId object, SymbolId function, uint32_t loop_depth = 0) {
    return access(object, function, SourceAccess::kReadModifyWrite, AccessForm::kStdAtomic,
                  loop_depth);
  }
  AccessSite& atomic_store(SymbolId object, SymbolId function, uint32_t loop_depth = 0) {
    auto& site = access(object, function, SourceAccess::kWrite, AccessForm::kStdAtomic, loop_depth);
    site.order = MemoryOrder::kRelease;
    return site;
  }
  AccessSite& atomic_load(SymbolId object, SymbolId function, uint32_t loop_depth = 0) {
    return access(object, function, SourceAccess::kRead, AccessForm::kStdAtomic, loop_depth);
  }
  AccessSite& plain_add(SymbolId object, SymbolId function, uint32_t loop_depth = 0) {
    return access(object, function, SourceAccess::kReadModifyWrite, AccessForm::kPlain, loop_depth);
  }
  AccessSite& plain_write(SymbolId object, SymbolId function, uint32_t loop_depth = 0) {
    return access(object, function, SourceAccess::kWrite, AccessForm::kPlain, loop_depth);
  }
  AccessSite& plain_read(SymbolId object, SymbolId function, uint32_t loop_depth = 0) {
    return access(object, function, SourceAccess::kRead, AccessForm::kPlain, loop_depth);
  }

  /// The whole rest of the function from here on, 100 lines, is under the lock.
  void lock_from_here(SymbolId lock, SymbolId function) {
    LockRegion region{.lock = lock, .function = function, .begin = next()};
    region.end = region.begin;
    region.end.line += 100;
    facts.lock_regions.push_back(region);
  }

  void suppress(SourcePos position, std::string rule) {
    facts.suppressions.push_back({position, std::move(rule), "a reason"});
  }

  SourceField& array_field(SymbolId owner, std::string name, uint64_t offset, uint64_t size,
                           std::string bound = {}) {
    field(owner, std::move(name), offset, "char[" + std::to_string(size) + "]", size);
    SourceField& array = record_of(owner).fields.back();
    array.array_length = size;
    array.bound_text = std::move(bound);
    return array;
  }

  SourceAllocation& allocation(SymbolId record, SymbolId function, std::string allocator,
                               std::string size, uint64_t guarantee = 16) {
    facts.allocations.push_back({.record = record,
                                 .function = function,
                                 .position = next(),
                                 .allocator = std::move(allocator),
                                 .guarantee_bytes = guarantee,
                                 .size_text = std::move(size)});
    return facts.allocations.back();
  }

  SourceRecord& record_of(SymbolId symbol) {
    for (SourceRecord& record : facts.records)
      if (record.symbol == symbol) return record;
    return facts.records.front();
  }

 private:
  SymbolId symbol(std::string name) {
    facts.symbols.push_back(std::move(name));
    return SymbolId{static_cast<uint32_t>(facts.symbols.size() - 1)};
  }
  SourcePos next() { return {FileId{0}, ++line_, 1}; }

  uint32_t line_ = 0;
};

}  // namespace quarrel
