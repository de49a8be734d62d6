// What does a rule mean, and when is it wrong?
#include <fmt/format.h>

#include <cstdio>

#include "commands/command.h"
#include "report/rule_text.h"

namespace quarrel {
namespace {

std::string g_rule;

int list_rules() {
  for (const RuleText& rule : all_rule_texts()) fmt::print("{:<20} {}\n", rule.name, rule.title);
  return kExitClean;
}

int run(const std::vector<std::string>&) {
  if (g_rule.empty()) return list_rules();
  const RuleText* rule = find_rule_text(g_rule);
  if (rule == nullptr) {
    fmt::print(stderr, "quarrel explain: no such rule: {}; 'quarrel explain' lists all rules\n",
               g_rule);
    return kExitError;
  }
  fmt::print("{}", rule->markdown);
  return kExitClean;
}

const Registration<Command> kExplain{{
    "explain",
    {.name = "explain",
     .summary = "Print the manual page of a rule",
     .details = "Without RULE, lists all rules.",
     .options = {{"rule", "RULE", "the rule's id, e.g. false-sharing", &g_rule}}},
    run,
}};

}  // namespace
}  // namespace quarrel
