#pragma once

#include <span>
#include <string_view>

#include "api/main/flag_table.h"

namespace tocsin {

/// A flag of a tool; `short_name` 0: none.
struct ToolFlag {
  std::string_view name;
  FlagKind kind;
  char short_name = 0;
  bool required = false;
};

/// One sub-command with promtool's name, arguments and flags, or a group of them ("check"), whose flags belong to all below it.
struct ToolSpec {
  std::string_view path;  // "check config"
  std::string_view help;
  std::span<const ToolFlag> flags;
  int arguments_min = 0;
  int arguments_max = 0;  // -1: any number
  bool group = false;
};

std::span<const ToolSpec> ToolTable();

}  // namespace tocsin
