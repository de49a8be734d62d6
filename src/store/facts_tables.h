// Which member of the source facts stands in which table and column?
#pragma once

#include <string>
#include <vector>

#include "model/source_facts.h"
#include "store/columns.h"
#include "store/table_writer.h"

namespace quarrel {

template <class V, RowOf<SourceFile> R>
void columns(V& v, R& file) {
  v.text("path", file.path);
  v.flag("is_system", file.is_system);
}

template <class V, RowOf<SourcePos> R>
void columns(V& v, R& position) {
  v.optional_id("file_id", position.file);
  v.number("line", position.line);
  v.number("column", position.column);
}

template <class V, RowOf<SourcePos> R>
void end_columns(V& v, R& end) {
  v.optional_id("end_file_id", end.file);
  v.number("end_line", end.line);
  v.number("end_column", end.column);
}

template <class V, RowOf<SourceField> R>
void columns(V& v, R& field) {
  v.optional_id("symbol_id", field.symbol);
  v.text("name", field.name);
  v.text("type", field.type);
  v.optional_id("type_record_symbol_id", field.type_record);
  v.number("offset_bits", field.offset_bits);
  v.number("size_bits", field.size_bits);
  v.number("array_length", field.array_length);
  v.flag("is_bit_field", field.is_bit_field);
  v.flag("is_atomic", field.is_atomic);
  v.flag("is_volatile", field.is_volatile);
  v.flag("is_const", field.is_const);
  v.word("lock", field.lock);
  v.number("alignas_bytes", field.alignas_bytes);
  v.text("declared_type", field.declared_type);
  v.optional_id("element_record_symbol_id", field.element_record);
  v.text("bound_text", field.bound_text);
  v.text("alignas_text", field.alignas_text);
  columns(v, field.position);
}

template <class V, RowOf<SourceBase> R>
void columns(V& v, R& base) {
  v.optional_id("base_symbol_id", base.record);
  v.number("offset_bits", base.offset_bits);
  v.flag("is_virtual", base.is_virtual);
}

template <class V, RowOf<SourceRecord> R>
void columns(V& v, R& record) {
  v.id("symbol_id", record.symbol);
  v.text("name", record.name);
  v.optional_id("pattern_symbol_id", record.pattern);
  v.number("size_bytes", record.size_bytes);
  v.number("align_bytes", record.align_bytes);
  v.flag("is_union", record.is_union);
  v.flag("is_lambda", record.is_lambda);
  v.flag("has_layout", record.has_layout);
  v.flag("is_in_system_header", record.is_in_system_header);
  v.flag("is_layout_assumed", record.is_layout_assumed);
  v.number("alignas_bytes", record.alignas_bytes);
  v.text("alignas_text", record.alignas_text);
  columns(v, record.position);
  end_columns(v, record.end);
}

template <class V, RowOf<SourceVariable> R>
void columns(V& v, R& variable) {
  v.id("symbol_id", variable.symbol);
  v.text("name", variable.name);
  v.text("type", variable.type);
  v.optional_id("type_record_symbol_id", variable.type_record);
  v.word("storage", variable.storage);
  v.number("size_bytes", variable.size_bytes);
  v.number("align_bytes", variable.align_bytes);
  v.number("array_length", variable.array_length);
  v.flag("is_atomic", variable.is_atomic);
  v.flag("is_volatile", variable.is_volatile);
  v.word("lock", variable.lock);
  v.number("alignas_bytes", variable.alignas_bytes);
  v.text("declared_type", variable.declared_type);
  v.optional_id("element_record_symbol_id", variable.element_record);
  v.text("bound_text", variable.bound_text);
  v.text("alignas_text", variable.alignas_text);
  v.flag("is_defined", variable.is_defined);
  columns(v, variable.position);
}

template <class V, RowOf<SourceTypedef> R>
void columns(V& v, R& alias) {
  v.id("symbol_id", alias.symbol);
  v.text("name", alias.name);
  v.optional_id("record_symbol_id", alias.record);
  v.number("size_bytes", alias.size_bytes);
  v.number("align_bytes", alias.align_bytes);
  v.text("alignas_text", alias.alignas_text);
  columns(v, alias.position);
}

template <class V, RowOf<SourceAllocation> R>
void columns(V& v, R& allocation) {
  v.optional_id("record_symbol_id", allocation.record);
  v.optional_id("function_symbol_id", allocation.function);
  columns(v, allocation.position);
  v.text("allocator", allocation.allocator);
  v.number("guarantee_bytes", allocation.guarantee_bytes);
  v.flag("is_array", allocation.is_array);
  v.text("size_text", allocation.size_text);
  v.text("count_text", allocation.count_text);
}

template <class V, RowOf<SourceFunction> R>
void columns(V& v, R& function) {
  v.id("symbol_id", function.symbol);
  v.text("name", function.name);
  v.word("kind", function.kind);
  v.optional_id("record_symbol_id", function.record);
  v.flag("is_main", function.is_main);
  v.flag("is_in_system_header", function.is_in_system_header);
  v.flag("is_virtual", function.is_virtual);
  v.flag("is_uninstantiated", function.is_uninstantiated);
  columns(v, function.position);
}

template <class V, RowOf<AccessSite> R>
void columns(V& v, R& site) {
  v.id("object_symbol_id", site.object);
  v.optional_id("function_symbol_id", site.function);
  columns(v, site.position);
  v.word("access", site.access);
  v.word("form", site.form);
  v.word("memory_order", site.order);
  v.number("loop_depth", site.loop_depth);
  v.flag("is_indexed_by_variable", site.is_indexed_by_variable);
  v.flag("is_initialization", site.is_initialization);
  v.text("base", site.base);
  v.text("index_text", site.index);
  v.flag("is_in_loop_condition", site.is_in_loop_condition);
  v.flag("is_result_used", site.is_result_used);
  v.number("element_bytes", site.element_bytes);
}

template <class V, RowOf<LockRegion> R>
void columns(V& v, R& region) {
  v.id("lock_symbol_id", region.lock);
  v.word("mode", region.mode);
  v.optional_id("function_symbol_id", region.function);
  columns(v, region.begin);
  end_columns(v, region.end);
  v.number("loop_depth", region.loop_depth);
  v.text("guard", region.guard);
}

template <class V, RowOf<ThreadEntry> R>
void columns(V& v, R& entry) {
  v.optional_id("entry_symbol_id", entry.entry);
  v.optional_id("starter_symbol_id", entry.starter);
  columns(v, entry.position);
  v.text("mechanism", entry.mechanism);
  v.flag("is_in_loop", entry.is_in_loop);
  v.optional_id("argument_record_symbol_id", entry.argument_record);
  v.text("argument", entry.argument);
}

template <class V, RowOf<CallEdge> R>
void columns(V& v, R& call) {
  v.id("caller_symbol_id", call.caller);
  v.id("callee_symbol_id", call.callee);
  columns(v, call.position);
  v.number("loop_depth", call.loop_depth);
  v.word("kind", call.kind);
}

template <class V, RowOf<SourceLoop> R>
void columns(V& v, R& loop) {
  v.optional_id("function_symbol_id", loop.function);
  columns(v, loop.begin);
  end_columns(v, loop.end);
  v.number("depth", loop.depth);
  v.flag("has_pause", loop.has_pause);
  v.flag("is_counted", loop.is_counted);
}

template <class V, RowOf<SourceRemark> R>
void columns(V& v, R& remark) {
  v.word("kind", remark.kind);
  v.optional_id("object_symbol_id", remark.object);
  v.optional_id("function_symbol_id", remark.function);
  columns(v, remark.position);
  v.text("text", remark.text);
}

template <class V, RowOf<Suppression> R>
void columns(V& v, R& suppression) {
  columns(v, suppression.position);
  v.text("rule", suppression.rule);
  v.text("reason", suppression.reason);
}

template <class V, RowOf<TranslationUnit> R>
void columns(V& v, R& unit) {
  v.optional_id("main_file_id", unit.main_file);
  v.word("state", unit.state);
  v.text("reason", unit.reason);
  v.text("standard", unit.standard);
  v.flag("has_aligned_new", unit.has_aligned_new);
}

/// Every table of facts, parents first, for a TableWriter or a TableReader.
template <class V, RowOf<std::vector<SourceFile>> Files, RowOf<SourceFacts> Facts>
void facts_tables(V& v, Files& files, Facts& facts) {
  constexpr Growth kGrowth = Growth::kRewritten;
  v.rows("source_files", kGrowth, files);
  v.rows("source_symbols", kGrowth, facts.symbols, DescribeValue{"usr"});
  v.rows("source_records", kGrowth, facts.records);
  v.children("source_fields", "record_id", kGrowth, facts.records, &SourceRecord::fields);
  v.children("source_bases", "record_id", kGrowth, facts.records, &SourceRecord::bases);
  v.children("source_template_arguments", "record_id", kGrowth, facts.records,
             &SourceRecord::template_arguments, DescribeValue{"argument"});
  v.rows("source_variables", kGrowth, facts.variables);
  v.rows("source_typedefs", kGrowth, facts.typedefs);
  v.rows("source_allocations", kGrowth, facts.allocations);
  v.rows("source_functions", kGrowth, facts.functions);
  v.rows("source_accesses", kGrowth, facts.accesses);
  v.children("source_access_locks", "access_id", kGrowth, facts.accesses, &AccessSite::locks_held,
             DescribeValue{"lock_symbol_id"});
  v.children("source_access_sources", "access_id", kGrowth, facts.accesses, &AccessSite::value_from,
             DescribeValue{"object_symbol_id"});
  v.children("source_access_guards", "access_id", kGrowth, facts.accesses, &AccessSite::guarded_by,
             DescribeValue{"object_symbol_id"});
  v.rows("source_lock_regions", kGrowth, facts.lock_regions);
  v.children("source_lock_region_objects", "lock_region_id", kGrowth, facts.lock_regions,
             &LockRegion::objects, DescribeValue{"object_symbol_id"});
  v.children("source_lock_region_calls", "lock_region_id", kGrowth, facts.lock_regions,
             &LockRegion::calls, DescribeValue{"callee_symbol_id"});
  v.rows("source_thread_entries", kGrowth, facts.thread_entries);
  v.rows("source_calls", kGrowth, facts.calls);
  v.rows("source_loops", kGrowth, facts.loops);
  v.rows("source_remarks", kGrowth, facts.remarks);
  v.rows("source_suppressions", kGrowth, facts.suppressions);
  v.rows("source_units", kGrowth, facts.units);
}

}  // namespace quarrel
