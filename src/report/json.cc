// What does a script read? (The contract is docs/json.md and docs/quarrel.schema.json.)
#include <nlohmann/json.hpp>

#include "report/format.h"
#include "report/words.h"

namespace quarrel {
namespace {

using Json = nlohmann::ordered_json;

/// Raised only for changes that are not additive.
constexpr int kJsonFormat = 1;

Json to_json(const Coverage& account) {
  Json losses = Json::array();
  for (const Loss& loss : account.lost)
    losses.push_back({{"reason", loss.reason}, {"count", loss.count}});
  return {{"collector", account.collector},
          {"unit", account.unit},
          {"state", state_word(account.state)},
          {"reason", account.reason},
          {"seen", account.seen},
          {"attributed", account.attributed},
          {"unresolved", account.unresolved},
          {"lost", lost_total(account)},
          {"losses", losses},
          {"own_cost_ns", account.own_cost_ns}};
}

Json to_json(const DiagnosedRun& run) {
  return {
      {"source", run.source},         {"command", run.command}, {"pid", run.pid},
      {"duration_s", run.duration_s}, {"cpus", run.cpus},       {"line_size", run.line_size},
      {"kernel", run.kernel},         {"machine", run.machine}, {"stop_reason", run.stop_reason},
      {"threads", run.threads}};
}

Json to_json(const SubjectField& field) {
  return {{"name", field.name},       {"offset", field.offset},   {"size", field.size},
          {"readers", field.readers}, {"writers", field.writers}, {"samples", field.samples}};
}

template <class T>
Json to_array(const std::vector<T>& items);

Json to_json(const Subject& subject) {
  Json json = {{"kind", subject_kind_word(subject.kind)},
               {"name", subject.name},
               {"type", subject.type},
               {"fields", to_array(subject.fields)},
               {"instances", subject.instances}};
  if (subject.address) json["address"] = *subject.address;
  return json;
}

Json to_json(const Waits& waits) {
  return {{"kind", waits.kind},
          {"attributes", waits.attributes},
          {"count", waits.count},
          {"total_ns", waits.total_ns},
          {"max_ns", waits.max_ns},
          {"p50_ns", waits.p50_ns},
          {"p99_ns", waits.p99_ns},
          {"owner_known_ns", waits.owner_known_ns},
          {"not_blocked", waits.not_blocked},
          {"timed_out", waits.timed_out},
          {"wakes", waits.wakes},
          {"wasted_wakes", waits.wasted_wakes}};
}

Json to_json(const HolderActivity& activity) {
  return {{"running", activity.running},
          {"preempted", activity.preempted},
          {"asleep", activity.asleep},
          {"waiting", activity.waiting},
          {"unseen", activity.unseen}};
}

Json to_json(const ChainLink& link) {
  return {{"lock", link.lock},
          {"tid", link.tid},
          {"thread", link.thread},
          {"state", link.state},
          {"share", link.share}};
}

Json to_json(const LockEdge& edge) {
  return {
      {"held", edge.held}, {"awaited", edge.awaited}, {"thread_ms_per_s", edge.thread_ms_per_s}};
}

Json to_json(const ThreadRole& thread) {
  Json json = {{"tid", thread.tid},
               {"name", thread.name},
               {"role", thread.role},
               {"thread_ms_per_s", thread.thread_ms_per_s}};
  if (thread.activity) json["activity"] = to_json(*thread.activity);
  if (thread.side != LineSide::kNone) json["side"] = line_side_word(thread.side);
  return json;
}

Json to_json(const FindingLocation& at) {
  return {{"file", at.file},         {"line", at.line}, {"column", at.column},
          {"function", at.function}, {"role", at.role}, {"note", at.note}};
}

Json to_json(const FindingFrame& frame) {
  return {{"function", frame.function},
          {"file", frame.file},
          {"line", frame.line},
          {"module", frame.module}};
}

Json to_json(const FindingStack& stack) {
  return {{"role", stack.role},       {"share", stack.share},
          {"note", stack.note},       {"is_complete", stack.is_complete},
          {"members", stack.members}, {"frames", to_array(stack.frames)}};
}

Json to_json(const AllocationSite& site) {
  return {{"function", site.function}, {"file", site.file},   {"line", site.line},
          {"blocks", site.blocks},     {"bytes", site.bytes}, {"tid", site.tid},
          {"thread", site.thread},     {"share", site.share}};
}

Json to_json(const Advice& advice) {
  Json json = {{"remedy", advice.remedy}, {"summary", advice.summary}};
  if (advice.memory_bytes) json["memory_bytes"] = *advice.memory_bytes;
  json["diff"] = advice.diff;
  json["guard"] = advice.guard;
  json["refused_because"] = advice.refused_because;
  return json;
}

Json to_json(const Convoy& convoy) {
  return {{"queue", convoy.queue},
          {"persistence", convoy.persistence},
          {"handoff_share", convoy.handoff_share},
          {"held_ns", convoy.held_ns},
          {"waited_ns", convoy.waited_ns},
          {"wakes_per_wait", convoy.wakes_per_wait}};
}

Json to_json(const StepCost& cost) {
  return {{"offset", cost.offset},           {"tid", cost.tid}, {"ns_beside", cost.ns_beside},
          {"ns_together", cost.ns_together}, {"low", cost.low}, {"high", cost.high},
          {"windows", cost.windows}};
}

Json to_json(const Watched& watched) {
  return {{"hits", watched.hits},
          {"threads", watched.threads},
          {"writers", watched.writers},
          {"watched_ms", watched.watched_ms},
          {"is_confirmed", watched.is_confirmed}};
}

Json to_json(const MemoryCounts& counts) {
  return {{"samples", counts.samples},
          {"loads", counts.loads},
          {"stores", counts.stores},
          {"locked", counts.locked},
          {"local_hitm", counts.local_hitm},
          {"remote_hitm", counts.remote_hitm},
          {"local_peer", counts.local_peer},
          {"remote_peer", counts.remote_peer},
          {"load_fill_buffer_hits", counts.load_fill_buffer_hits},
          {"load_l1_hits", counts.load_l1_hits},
          {"load_l2_hits", counts.load_l2_hits},
          {"load_llc_hits", counts.load_llc_hits},
          {"load_remote_hits", counts.load_remote_hits},
          {"load_local_ram", counts.load_local_ram},
          {"load_remote_ram", counts.load_remote_ram},
          {"load_misses", counts.load_misses},
          {"store_l1_hits", counts.store_l1_hits},
          {"store_l1_misses", counts.store_l1_misses},
          {"store_unknown", counts.store_unknown}};
}

Json to_json(const LineTraffic& traffic) {
  return {{"name", traffic.name},
          {"address", traffic.address},
          {"threads", traffic.threads},
          {"transfer_cycles", traffic.transfer_cycles},
          {"counts", to_json(traffic.counts)}};
}

Json to_json(const MemoryTraffic& memory) {
  return {{"lines", memory.lines},
          {"total", to_json(memory.total)},
          {"listed", to_array(memory.listed)}};
}

Json to_json(const Finding& finding) {
  Json json = {{"rule", finding.rule},
               {"fingerprint", finding.fingerprint},
               {"evidence", evidence_letter(finding.evidence)},
               {"verdict", verdict_word(finding.verdict)},
               {"level", level_word(finding.level)},
               {"weight", finding.weight},
               {"message", finding.message},
               {"reason", finding.reason},
               {"subject", to_json(finding.subject)},
               {"cost",
                {{"thread_ms_per_s", finding.cost.thread_ms_per_s},
                 {"bound", bound_word(finding.cost.bound)}}}};
  if (finding.waits) json["waits"] = to_json(*finding.waits);
  if (finding.holders) {
    json["holders"] = to_json(*finding.holders);
    json["handoff_ms_per_s"] = finding.handoff_ms_per_s;
    json["chain"] = to_array(finding.chain);
  }
  if (finding.convoy) json["convoy"] = to_json(*finding.convoy);
  if (finding.gain_bound_ms_per_s)
    json["gain_bound"] = {{"thread_ms_per_s", *finding.gain_bound_ms_per_s}, {"bound", "upper"}};
  if (finding.contrast)
    json["contrast"] = {{"odds", finding.contrast->odds},
                        {"low", finding.contrast->low},
                        {"high", finding.contrast->high}};
  if (finding.step_cost) json["step_cost"] = to_json(*finding.step_cost);
  if (finding.watched) json["watched"] = to_json(*finding.watched);
  if (finding.traffic) json["traffic"] = to_json(*finding.traffic);
  if (finding.sharing != Sharing::kNone) json["sharing"] = sharing_word(finding.sharing);
  json["threads"] = to_array(finding.threads);
  json["locations"] = to_array(finding.locations);
  json["stacks"] = to_array(finding.stacks);
  if (!finding.allocations.empty()) json["allocations"] = to_array(finding.allocations);
  json["advice"] = to_array(finding.advice);
  return json;
}

Json to_json(const IdleObject& object) {
  return {{"name", object.name},
          {"attributes", object.attributes},
          {"count", object.count},
          {"thread_ms_per_s", object.thread_ms_per_s}};
}

Json to_json(const IdleWaits& idle) {
  return {{"kind", idle.kind},
          {"objects", idle.objects},
          {"count", idle.count},
          {"thread_ms_per_s", idle.thread_ms_per_s},
          {"named", to_array(idle.named)}};
}

Json to_json(const Totals& totals) {
  return {{"contention_ms_per_s", totals.contention_ms_per_s},
          {"reported_ms_per_s", totals.reported_ms_per_s},
          {"locks_contended", totals.locks_contended},
          {"lines_shared", totals.lines_shared},
          {"idle", to_array(totals.idle)},
          {"lock_order", to_array(totals.lock_order)}};
}

Json to_json(const LockUse& use) {
  return {{"name", use.name},
          {"kind", use.kind},
          {"objects", use.objects},
          {"acquisitions", use.acquisitions},
          {"try_failures", use.try_failures},
          {"holds", use.holds},
          {"total_ns", use.total_ns},
          {"max_ns", use.max_ns},
          {"p50_ns", use.p50_ns},
          {"p99_ns", use.p99_ns},
          {"acquisitions_per_s", use.acquisitions_per_s},
          {"held_share", use.held_share}};
}

Json to_json(const LockUses& uses) {
  return {{"observed_s", uses.observed_s},
          {"windows", uses.windows},
          {"hits", uses.hits},
          {"probe_ns", uses.probe_ns},
          {"subtracted_ns", uses.subtracted_ns},
          {"overhead", uses.overhead},
          {"max_overhead", uses.max_overhead},
          {"locks", to_array(uses.locks)}};
}

template <class T>
Json to_array(const std::vector<T>& items) {
  Json array = Json::array();
  for (const T& item : items) array.push_back(to_json(item));
  return array;
}

std::string render(const Diagnosis& diagnosis, const FormatOptions&) {
  Json json = {{"quarrel", {{"format", kJsonFormat}, {"version", diagnosis.run.tool_version}}},
               {"run", to_json(diagnosis.run)},
               {"coverage", to_array(diagnosis.coverage)},
               {"findings", to_array(diagnosis.findings)},
               {"totals", to_json(diagnosis.totals)}};
  if (diagnosis.memory) json["memory"] = to_json(*diagnosis.memory);
  if (diagnosis.lock_uses) json["lock_uses"] = to_json(*diagnosis.lock_uses);
  // Names come from the target and need not be UTF-8; dump would throw on them.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const Registration<Format> kJson{{"json", "for scripts; see docs/json.md", render}};

}  // namespace
}  // namespace quarrel
