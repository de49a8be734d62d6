// What does a code-scanning service read? (SARIF 2.1.0, OASIS standard, March 2020.)
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "report/format.h"
#include "report/rule_text.h"
#include "report/summary.h"
#include "report/words.h"

namespace quarrel {
namespace {

using Json = nlohmann::ordered_json;

/// GitHub keeps the best 5,000 results of a run and shows 100 locations of each.
constexpr size_t kMaxResults = 5000;
constexpr size_t kMaxLocations = 100;
constexpr size_t kMaxDescription = 1024;

bool is_uri_char(unsigned char c) {
  return std::isalnum(c) != 0 ||
         std::string_view("-._~/+@=,").find(static_cast<char>(c)) != std::string_view::npos;
}

std::string percent_encode(std::string_view path) {
  std::string uri;
  for (unsigned char c : path) {
    if (is_uri_char(c))
      uri += static_cast<char>(c);
    else
      uri += fmt::format("%{:02X}", c);
  }
  return uri;
}

Json artifact(const std::string& file) {
  if (file.starts_with('/')) return {{"uri", "file://" + percent_encode(file)}};
  return {{"uri", percent_encode(file)}, {"uriBaseId", "SRCROOT"}};
}

Json physical_location(const std::string& file, uint32_t line, uint32_t column) {
  Json physical = {{"artifactLocation", artifact(file)}};
  if (line == 0) return physical;
  Json region = {{"startLine", line}, {"endLine", line}};
  if (column != 0) region["startColumn"] = column;
  physical["region"] = std::move(region);
  return physical;
}

Json named_function(const std::string& name) {
  return Json::object({{"fullyQualifiedName", name}, {"kind", "function"}});
}

Json location_of(const FindingLocation& at) {
  Json location = Json::object();
  if (!at.file.empty())
    location["physicalLocation"] = physical_location(at.file, at.line, at.column);
  if (!at.function.empty())
    location["logicalLocations"] = Json::array({named_function(at.function)});
  return location;
}

/// Everything but the first, numbered so that the message can link to it.
Json related_locations(const Finding& finding) {
  Json related = Json::array();
  for (size_t i = 1; i < std::min(finding.locations.size(), kMaxLocations); ++i) {
    const FindingLocation& at = finding.locations[i];
    Json location = location_of(at);
    location["id"] = i;
    location["message"] = {{"text", at.note.empty() ? at.role : at.role + ": " + at.note}};
    related.push_back(std::move(location));
  }
  return related;
}

/// In SARIF messages brackets are links and braces are arguments.
std::string escape_message(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '[' || c == ']' || c == '\\') escaped += '\\';
    escaped += c;
    if (c == '{' || c == '}') escaped += c;
  }
  return escaped;
}

Json message_of(const Finding& finding) {
  std::string text = escape_message(finding.message);
  const size_t linked = std::min(finding.locations.size(), size_t{6});
  for (size_t i = 1; i < linked; ++i)
    text += fmt::format("{}[{} {}]({})", i == 1 ? ". See " : ", ", finding.locations[i].role, i, i);
  if (linked > 1) text += ".";
  for (const Advice& advice : finding.advice)
    if (advice.refused_because.empty())
      text += fmt::format(" Remedy ({}): {}.", advice.remedy, escape_message(advice.summary));
  return {{"text", std::move(text)}};
}

Json stack_of(const FindingStack& stack) {
  Json frames = Json::array();
  for (const FindingFrame& frame : stack.frames) {
    Json location = {{"logicalLocations", Json::array({named_function(frame.function)})}};
    if (!frame.file.empty())
      location["physicalLocation"] = physical_location(frame.file, frame.line, 0);
    Json entry = {{"location", std::move(location)}};
    if (!frame.module.empty()) entry["module"] = frame.module;
    frames.push_back(std::move(entry));
  }
  const std::string text =
      fmt::format("{}, {} of {}{}", stack.role, format_share(stack.share),
                  stack.role == "allocation" ? "what was used" : "the time of that role",
                  stack.is_complete ? "" : "; incomplete");
  return {{"message", {{"text", text}}}, {"frames", std::move(frames)}};
}

Json properties_of(const Finding& finding) {
  Json properties = {{"evidence", evidence_letter(finding.evidence)},
                     {"verdict", verdict_word(finding.verdict)},
                     {"reason", finding.reason},
                     {"subject", finding.subject.name},
                     {"threadMsPerSecond", finding.cost.thread_ms_per_s},
                     {"bound", bound_word(finding.cost.bound)}};
  if (finding.sharing != Sharing::kNone) properties["sharing"] = sharing_word(finding.sharing);
  return properties;
}

Json result_of(const Finding& finding, size_t rule_index) {
  Json result = {{"ruleId", finding.rule},
                 {"ruleIndex", rule_index},
                 {"level", level_word(finding.level)},
                 {"message", message_of(finding)},
                 {"locations", Json::array()}};
  if (!finding.locations.empty())
    result["locations"].push_back(location_of(finding.locations.front()));
  if (finding.locations.size() > 1) result["relatedLocations"] = related_locations(finding);
  if (!finding.stacks.empty()) {
    result["stacks"] = Json::array();
    for (const FindingStack& stack : finding.stacks) result["stacks"].push_back(stack_of(stack));
  }
  result["partialFingerprints"] = {{"primaryLocationLineHash", finding.fingerprint + ":1"},
                                   {"quarrel/v1", finding.fingerprint}};
  result["properties"] = properties_of(finding);
  return result;
}

Json rule_of(std::string_view name) {
  const RuleText* text = find_rule_text(name);
  const std::string title(text == nullptr ? name : text->title);
  const std::string summary(text == nullptr ? name : text->summary.substr(0, kMaxDescription));
  const std::string page(text == nullptr ? name : text->markdown);
  Json properties = {{"tags", Json::array({"performance", "concurrency"})},
                     {"problem.severity", "recommendation"}};
  if (text != nullptr && !text->precision.empty()) properties["precision"] = text->precision;
  return {{"id", name},
          {"shortDescription", {{"text", title}}},
          {"fullDescription", {{"text", summary}}},
          {"help", {{"text", page}, {"markdown", page}}},
          {"defaultConfiguration", {{"level", "note"}}},
          {"properties", std::move(properties)}};
}

/// All rules that have a page, and those of findings that have none.
std::vector<std::string> rule_names(const Diagnosis& diagnosis) {
  std::set<std::string> names;
  for (const RuleText& rule : all_rule_texts()) names.emplace(rule.name);
  for (const Finding& finding : diagnosis.findings) names.insert(finding.rule);
  return {names.begin(), names.end()};
}

Json notification_of(const Coverage& account) {
  std::string text =
      fmt::format("{} is {}: {} {} seen = {} attributed + {} unresolved + {} lost",
                  account.collector, state_word(account.state), account.seen, account.unit,
                  account.attributed, account.unresolved, format_losses(account));
  if (!account.reason.empty()) text += "; " + account.reason;
  return {{"descriptor", {{"id", "coverage/" + account.collector}}},
          {"level", account.state == CollectorState::kOn ? "note" : "warning"},
          {"message", {{"text", escape_message(text)}}}};
}

Json invocation_of(const Diagnosis& diagnosis) {
  Json notifications = Json::array();
  for (const Coverage& account : diagnosis.coverage)
    notifications.push_back(notification_of(account));
  return {{"executionSuccessful", true}, {"toolExecutionNotifications", std::move(notifications)}};
}

Json driver_of(const Diagnosis& diagnosis, const std::vector<std::string>& names) {
  Json rules = Json::array();
  for (const std::string& name : names) rules.push_back(rule_of(name));
  return {{"name", "quarrel"},
          {"semanticVersion", diagnosis.run.tool_version},
          {"rules", std::move(rules)}};
}

Json results_of(const Diagnosis& diagnosis, const std::vector<std::string>& names) {
  Json results = Json::array();
  for (const Finding& finding : diagnosis.findings) {
    if (results.size() == kMaxResults) break;
    const auto rule = std::lower_bound(names.begin(), names.end(), finding.rule);
    results.push_back(result_of(finding, static_cast<size_t>(rule - names.begin())));
  }
  return results;
}

std::string render(const Diagnosis& diagnosis, const FormatOptions&) {
  const std::vector<std::string> names = rule_names(diagnosis);
  const bool is_scan = diagnosis.run.source == "scan";
  Json run = {{"tool", {{"driver", driver_of(diagnosis, names)}}},
              {"automationDetails", {{"id", is_scan ? "quarrel/scan/" : "quarrel/recording/"}}},
              {"columnKind", "utf16CodeUnits"},
              {"invocations", Json::array({invocation_of(diagnosis)})},
              {"results", results_of(diagnosis, names)},
              {"properties",
               {{"findings", diagnosis.findings.size()}, {"verdict", verdict_line(diagnosis)}}}};
  const Json log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                    {"version", "2.1.0"},
                    {"runs", Json::array({std::move(run)})}};
  return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const Registration<Format> kSarif{{"sarif", "SARIF 2.1.0, for code scanning", render}};

}  // namespace
}  // namespace quarrel
