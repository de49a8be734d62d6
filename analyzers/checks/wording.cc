// How does a check say where, by whom and how an object is used?
#include "checks/wording.h"

#include <algorithm>
#include <set>

namespace quarrel {
namespace {

constexpr size_t kMaxNames = 6;

std::string_view verb(SourceAccess access) {
  switch (access) {
    case SourceAccess::kRead:
      return "reads";
    case SourceAccess::kWrite:
      return "writes";
    case SourceAccess::kReadModifyWrite:
      return "updates";
    case SourceAccess::kCompareExchange:
      return "compare-exchanges";
    case SourceAccess::kAddress:
      return "takes the address of";
  }
  return "uses";
}

std::string_view manner(AccessForm form) {
  if (form == AccessForm::kPlain) return " plainly";
  return form == AccessForm::kVolatile ? " as volatile" : " atomically";
}

std::string entry_name(const CheckContext& context, const Role& role) {
  return short_function_name(context.index, role.entry);
}

/// Who does that, in a loop or not, and in which thread.
std::string use_text(const CheckContext& context, const AccessSite& site, const std::string& does) {
  const bool is_in_loop = site.loop_depth > 0 || context.roles.is_called_in_loop(site.function);
  return short_function_name(context.index, site.function) + " " + does +
         (is_in_loop ? " in a loop" : "") + " (" + role_text(context, site.function) + ")";
}

}  // namespace

std::string short_function_name(const FactIndex& index, SymbolId symbol) {
  const SourceFunction* function = index.function(symbol);
  if (function == nullptr) return "a function";
  if (function->kind == FunctionKind::kLambda)
    return "the lambda at line " + std::to_string(function->position.line);
  // The scope ends at the last "::" that is not inside template arguments.
  const std::string_view name = function->name;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<' || name[i] == '(') ++depth;
    if ((name[i] == '>' || name[i] == ')') && depth > 0) --depth;
    if (depth == 0 && name.substr(i).starts_with("::")) begin = i + 2;
  }
  return std::string(name.substr(begin));
}

std::string role_text(const CheckContext& context, SymbolId function) {
  const auto& roles = context.roles.of(function);
  if (roles.empty()) return "any thread";
  std::vector<std::string> names;
  for (RoleId id : roles) {
    const Role& role = context.roles[id];
    if (role.start == nullptr)
      names.push_back("main");
    else
      names.push_back((role.is_many ? "threads that run " : "the thread that runs ") +
                      entry_name(context, role));
  }
  // Instantiations of one template have one name.
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return enumerate(names);
}

std::string site_text(const CheckContext& context, const AccessSite& site, std::string_view name) {
  return use_text(
      context, site,
      std::string(verb(site.access)) + " " + std::string(name) + std::string(manner(site.form)));
}

std::string use_text(const CheckContext& context, const AccessSite& site,
                     const LineMember& member) {
  if (member.is_lock && is_write(site.access))
    return use_text(context, site, "acquires " + member.name);
  return site_text(context, site, member.name);
}

std::string short_record_name(std::string_view name) {
  constexpr size_t kMaxArguments = 24;
  const auto begin = name.find('<');
  const auto end = name.rfind('>');
  if (begin == name.npos || end == name.npos || end < begin + kMaxArguments)
    return std::string(name);
  return std::string(name.substr(0, begin)) + "<...>" + std::string(name.substr(end + 1));
}

std::string enumerate(const std::vector<std::string>& names) {
  std::string text;
  const size_t shown = names.size() > kMaxNames ? kMaxNames - 1 : names.size();
  for (size_t i = 0; i < shown; ++i) {
    const bool is_last = i + 1 == names.size();
    if (i > 0) text += is_last ? " and " : ", ";
    text += names[i];
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::vector<FindingLocation> thread_starts(const CheckContext& context,
                                           const std::vector<const AccessSite*>& sites) {
  std::set<RoleId> roles;
  for (const AccessSite* site : sites) {
    const auto& some = context.roles.of(site->function);
    roles.insert(some.begin(), some.end());
  }
  std::vector<FindingLocation> starts;
  for (RoleId id : roles) {
    const Role& role = context.roles[id];
    if (role.start == nullptr) continue;
    const std::string what = role.is_many ? "several threads" : "a thread";
    starts.push_back(context.index.locate(
        role.start->position, "thread entry",
        role.start->mechanism + " starts " + what + " on " + entry_name(context, role)));
    starts.back().function = context.index.function_name(role.start->starter);
  }
  return starts;
}

}  // namespace quarrel
