#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

enum class FlagKind { kBool, kText, kTexts, kDuration, kInteger, kFloat, kBytes };

/// One flag of the server. Names, defaults and meaning are Prometheus's (its own flags have own prefixes).
struct FlagSpec {
  std::string_view name;
  FlagKind kind;
  std::string_view default_value;
  std::string_view help;
  /// Of Prometheus, without a meaning here: accepted with one warning line.
  bool without_meaning = false;
};

std::span<const FlagSpec> ServerFlagTable();

/// The values given, by name; of a flag given twice the last one counts, but kTexts keep all.
using FlagValues = std::map<std::string, std::vector<std::string>, std::less<>>;

}  // namespace tocsin
