// How does the command line become verbs and values? The only file that includes CLI11.
#include "base/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

namespace quarrel {
namespace {

using Duration = std::optional<std::chrono::nanoseconds>;

const std::map<std::string, uint64_t> kTimeUnits = {
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};

bool set_duration(const std::string& text, Duration& target) {
  size_t digits = 0;
  double number = 0;
  try {
    number = std::stod(text, &digits);
  } catch (const std::exception&) {
    return false;
  }
  const std::string suffix = text.substr(digits);
  auto unit = kTimeUnits.find(suffix.empty() ? "s" : suffix);
  // More than a year is a typing error, and would overflow nanoseconds further on.
  if (unit == kTimeUnits.end() || !(number > 0) || number * double(unit->second) > 3.2e16)
    return false;
  target = std::chrono::nanoseconds(static_cast<int64_t>(number * double(unit->second)));
  return true;
}

struct AddOption {
  CLI::App& app;
  const Option& option;

  CLI::Option* operator()(bool* target) const {
    return app.add_flag(option.names, *target, option.help);
  }
  CLI::Option* operator()(Duration* target) const {
    CLI::callback_t set = [target](const CLI::results_t& values) {
      if (set_duration(values.back(), *target)) return true;
      throw CLI::ValidationError("duration",
                                 values.back() + " is not a duration such as 10s, 250ms or 2m");
    };
    return app.add_option(option.names, set, option.help);
  }
  template <class T>
  CLI::Option* operator()(T* target) const {
    return app.add_option(option.names, *target, option.help);
  }
};

void add_options(CLI::App& app, const CommandSpec& spec) {
  for (const Option& option : spec.options) {
    CLI::Option* added = std::visit(AddOption{app, option}, option.target);
    if (!option.value_name.empty()) added->type_name(option.value_name);
    added->required(option.is_required);
  }
  if (!spec.details.empty()) app.footer("\n" + spec.details);
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

/// The verb that the user probably meant, or nothing.
std::string near_match(std::string_view given, const std::vector<CommandSpec>& specs) {
  for (const CommandSpec& spec : specs)
    if (edit_distance(given, spec.name) <= 2) return spec.name;
  return {};
}

bool is_unknown_verb(std::string_view given, const std::vector<CommandSpec>& specs) {
  return !given.starts_with('-') && std::none_of(specs.begin(), specs.end(), [&](const auto& spec) {
    return spec.name == given;
  });
}

int report_unknown_verb(std::string_view program, const std::string& given,
                        const std::vector<CommandSpec>& specs) {
  const std::string near = near_match(given, specs);
  std::cerr << program << ": no such command: " << given;
  if (!near.empty()) std::cerr << "; did you mean '" << near << "'?";
  std::cerr << "\nRun '" << program << " --help' for the list of commands.\n";
  return kExitError;
}

/// A verb that another program carries out gets its arguments untouched, "--help" included.
std::optional<ParsedCommand> find_forwarding_verb(int argc, const char* const* argv,
                                                  const std::vector<CommandSpec>& specs) {
  for (size_t i = 0; argc > 1 && i < specs.size(); ++i)
    if (specs[i].forwards_arguments && specs[i].name == argv[1])
      return ParsedCommand{i, {argv + 2, argv + argc}};
  return std::nullopt;
}

/// CLI11 has exit codes of its own (105, 106, ...); ours are published.
int finish(CLI::App& app, const CLI::ParseError& error) {
  return app.exit(error, std::cout, std::cerr) == 0 ? kExitClean : kExitError;
}

}  // namespace

std::variant<ParsedCommand, int> parse_command_line(int argc, const char* const* argv,
                                                    std::string_view program,
                                                    std::string_view summary,
                                                    const std::vector<CommandSpec>& specs) {
  const bool has_verbs = specs.size() != 1 || !specs[0].name.empty();
  if (auto forwarded = find_forwarding_verb(argc, argv, specs)) return *forwarded;
  CLI::App app{std::string(summary), std::string(program)};
  app.set_version_flag("--version", std::string(program) + " " QUARREL_VERSION);
  app.set_help_flag("-h,--help", "Show this help");
  app.get_formatter()->column_width(34);

  // CLI11 cannot keep what follows "--" apart from positionals, so it is cut off here.
  std::vector<std::string> arguments(argv + 1, argv + argc);
  ParsedCommand parsed;
  auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  const bool has_command = dashes != arguments.end();
  if (has_command) parsed.command.assign(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());

  if (has_verbs) {
    if (!arguments.empty() && is_unknown_verb(arguments[0], specs))
      return report_unknown_verb(program, arguments[0], specs);
    for (const CommandSpec& spec : specs)
      add_options(*app.add_subcommand(spec.name, spec.summary), spec);
    app.require_subcommand(1);
  } else {
    add_options(app, specs[0]);
  }

  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes its vector back to front
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return finish(app, error);
  }
  if (has_verbs) {
    const std::string chosen = app.get_subcommands().front()->get_name();
    while (specs[parsed.index].name != chosen) ++parsed.index;
  }
  if (has_command && !specs[parsed.index].takes_command) {
    std::cerr << program << ": '" << specs[parsed.index].name << "' takes no command after --\n";
    return kExitError;
  }
  return parsed;
}

}  // namespace quarrel
