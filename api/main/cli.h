#pragma once

#include <string>
#include <vector>

#include "api/main/flag_table.h"

namespace tocsin {

/// What the command line asks for.
struct CommandLine {
  /// "serve", "check config", "test rules", ...
  std::string command = "serve";
  /// By name, without dashes; those of the commands above it ("junit" of `test`) too.
  FlagValues flags;
  std::vector<std::string> arguments;

  bool Has(std::string_view flag) const { return flags.contains(flag); }
  /// The last value, or `fallback`.
  std::string Get(std::string_view flag, std::string_view fallback = "") const;
  std::vector<std::string> All(std::string_view flag) const;
};

/// Prints help, versions and errors itself; then `exit_code` is what the process ends with (2 for errors), and -1 when there is a command
/// to run.
CommandLine ParseCommandLine(int argc, char** argv, int* exit_code);

}  // namespace tocsin
