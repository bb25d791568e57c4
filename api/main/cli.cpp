#include "api/main/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>

#include "api/main/command_table.h"
#include "api/main/version.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr int kUsageErrorOfServer = 2;
constexpr int kUsageErrorOfTool = 1;

/// Adds one flag that writes its values to `flags`.
CLI::Option* AddFlag(CLI::App* app, std::string_view name, FlagKind kind, char short_name, std::string_view help, FlagValues* flags) {
  std::string names = Cat("--", name);
  if (short_name != 0) {
    names = Cat("-", std::string_view(&short_name, 1), ",", names);
  }
  const std::string key(name);
  if (kind == FlagKind::kBool) {
    names = Cat(names, ",!--no-", name);
    return app->add_flag_function(
        names, [flags, key](int64_t count) { (*flags)[key] = {count > 0 ? "true" : "false"}; }, std::string(help));
  }
  CLI::Option* option = app->add_option_function<std::vector<std::string>>(
      names, [flags, key](const std::vector<std::string>& values) { (*flags)[key] = values; }, std::string(help));
  // One value for each mention: what follows is the next argument.
  return option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

bool IsToolName(std::string_view word) {
  for (const ToolSpec& tool : ToolTable()) {
    if (tool.group && tool.path == word) {
      return true;
    }
  }
  return false;
}

int Run(CLI::App* app, int argc, char** argv, int usage_error) {
  try {
    app->parse(argc, argv);
    return -1;
  } catch (const CLI::CallForHelp& e) {
    app->exit(e);
    return 0;
  } catch (const CLI::CallForAllHelp& e) {
    app->exit(e);
    return 0;
  } catch (const CLI::CallForVersion&) {
    std::fputs(VersionText().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "tocsin: error: %s, try --help\n", e.what());
    return usage_error;
  }
}

CommandLine ParseServer(int argc, char** argv, int* exit_code) {
  CLI::App app("Monitoring, rules and alerts for a small Kubernetes cluster in one program.", "tocsin");
  CommandLine line;
  app.set_help_flag("-h,--help", "Print this and exit.");
  app.set_version_flag("--version", [] { return VersionText(); }, "Print the version and exit.");
  for (const FlagSpec& flag : ServerFlagTable()) {
    AddFlag(&app, flag.name, flag.kind, 0, flag.help, &line.flags);
  }
  app.footer("Commands: check, query, push, test, debug, tsdb, promql (tocsin COMMAND --help); serve, the default, is the server.");
  *exit_code = Run(&app, argc, argv, kUsageErrorOfServer);
  return line;
}

/// The parent of "a b c" is "a b".
CLI::App* ParentOf(const ToolSpec& tool, CLI::App* root) {
  CLI::App* parent = root;
  std::string_view rest = tool.path;
  while (rest.find(' ') != std::string_view::npos) {
    parent = parent->get_subcommand(std::string(rest.substr(0, rest.find(' '))));
    rest.remove_prefix(rest.find(' ') + 1);
  }
  return parent;
}

CommandLine ParseTool(int argc, char** argv, int* exit_code) {
  CLI::App app("Tools for rules, configurations and servers, with promtool's commands.", "tocsin");
  CommandLine line;
  line.command.clear();
  app.set_help_flag("-h,--help", "Print this and exit.");
  app.set_version_flag("--version", [] { return VersionText(); }, "Print the version and exit.");
  app.require_subcommand(1);
  app.fallthrough();
  AddFlag(&app, "experimental", FlagKind::kBool, 0, "Enable experimental commands (they always are).", &line.flags);
  AddFlag(&app, "enable-feature", FlagKind::kTexts, 0, "Experimental features of PromQL, comma separated.", &line.flags);
  for (const ToolSpec& tool : ToolTable()) {
    const std::string name(tool.path.substr(tool.path.rfind(' ') + 1));
    CLI::App* command = ParentOf(tool, &app)->add_subcommand(name, std::string(tool.help));
    command->fallthrough();
    for (const ToolFlag& flag : tool.flags) {
      CLI::Option* option = AddFlag(command, flag.name, flag.kind, flag.short_name, "", &line.flags);
      option->required(flag.required);
    }
    if (tool.group) {
      command->require_subcommand(1);
      continue;
    }
    if (tool.arguments_max != 0) {
      CLI::Option* arguments = command->add_option("arguments", line.arguments, std::string(tool.help));
      arguments->required(tool.arguments_min > 0);
      arguments->expected(tool.arguments_min, tool.arguments_max < 0 ? 1 << 20 : tool.arguments_max);
    }
    command->callback([&line, path = std::string(tool.path)] { line.command = path; });
  }
  *exit_code = Run(&app, argc, argv, kUsageErrorOfTool);
  return line;
}

}  // namespace

std::string CommandLine::Get(std::string_view flag, std::string_view fallback) const {
  const auto it = flags.find(flag);
  return it == flags.end() || it->second.empty() ? std::string(fallback) : it->second.back();
}

std::vector<std::string> CommandLine::All(std::string_view flag) const {
  const auto it = flags.find(flag);
  return it == flags.end() ? std::vector<std::string>() : it->second;
}

CommandLine ParseCommandLine(int argc, char** argv, int* exit_code) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (IsToolName(word)) {
      return ParseTool(argc, argv, exit_code);
    }
    if (word == "serve" && i == 1) {
      std::vector<char*> rest(argv, argv + argc);
      rest.erase(rest.begin() + 1);
      return ParseServer(argc - 1, rest.data(), exit_code);
    }
    // "promtool --experimental promql ...": flags of the tools may stand in front.
    if (word != "--experimental" && !word.starts_with("--enable-feature=")) {
      break;
    }
  }
  return ParseServer(argc, argv, exit_code);
}

}  // namespace tocsin
