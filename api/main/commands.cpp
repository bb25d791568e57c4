#include "api/main/commands.h"

#include <cstdio>

namespace tocsin {
namespace {

struct Command {
  std::string_view path;
  int (*run)(const CommandLine& line);
};

constexpr Command kCommands[] = {
    {"serve", &Serve},
};

}  // namespace

int RunCommandLine(int argc, char** argv) {
  int exit_code = 0;
  const CommandLine line = ParseCommandLine(argc, argv, &exit_code);
  if (exit_code >= 0) {
    return exit_code;
  }
  for (const Command& command : kCommands) {
    if (command.path == line.command) {
      return command.run(line);
    }
  }
  std::fprintf(stderr, "tocsin: error: command %s is not available\n", line.command.c_str());
  return 1;
}

}  // namespace tocsin
