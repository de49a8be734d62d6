// Which verb did the user ask for?
#include <variant>

#include "commands/command.h"

int main(int argc, char** argv) {
  using namespace quarrel;
  const std::vector<Command>& commands = CommandRegistry::all();
  std::vector<CommandSpec> specs;
  for (const Command& command : commands) specs.push_back(command.spec);
  auto parsed = parse_command_line(
      argc, argv, "quarrel",
      "Finds what the threads of a program fight over: locks and cache lines, by name and cost.",
      specs);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  const auto& chosen = std::get<ParsedCommand>(parsed);
  return commands[chosen.index].run(chosen.command);
}
