#include "api/main/metric_lint.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

struct UnitBase {
  std::string_view unit;
  std::string_view base;
};
constexpr std::array<UnitBase, 24> kUnits = {
    {{"amperes", "amperes"},    {"bytes", "bytes"},     {"celsius", "celsius"}, {"grams", "grams"},     {"joules", "joules"},
     {"kelvin", "kelvin"},      {"meters", "meters"},   {"metres", "metres"},   {"seconds", "seconds"}, {"volts", "volts"},
     {"minutes", "seconds"},    {"hours", "seconds"},   {"days", "seconds"},    {"weeks", "seconds"},   {"kelvins", "kelvin"},
     {"fahrenheit", "celsius"}, {"rankine", "celsius"}, {"inches", "meters"},   {"yards", "meters"},    {"miles", "meters"},
     {"bits", "bytes"},         {"calories", "joules"}, {"pounds", "grams"},    {"ounces", "grams"}}};
constexpr std::array<std::string_view, 18> kUnitPrefixes = {"pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo",
                                                            "kibi", "mega", "mibi",  "giga",  "gibi",  "tera", "tebi", "peta",  "pebi"};
constexpr std::array<std::string_view, 14> kAbbreviations = {"s",  "ms", "us", "ns", "sec", "b", "kb",
                                                             "mb", "gb", "tb", "pb", "m",   "h", "d"};

std::string_view BaseOf(std::string_view unit) {
  for (const UnitBase& known : kUnits) {
    if (known.unit == unit) {
      return known.base;
    }
  }
  return "";
}

/// The base unit of a word such as "milliseconds"; "" when it is no unit.
std::string_view BaseOfWord(std::string_view word) {
  if (const std::string_view base = BaseOf(word); !base.empty()) {
    return base;
  }
  for (const std::string_view prefix : kUnitPrefixes) {
    if (word.starts_with(prefix)) {
      if (const std::string_view base = BaseOf(word.substr(prefix.size())); !base.empty()) {
        return base;
      }
    }
  }
  return "";
}

/// "_word_" in the name, or "_word" at its end.
bool HasWord(std::string_view name, std::string_view word) {
  return name.find(Cat("_", word, "_")) != std::string_view::npos || name.ends_with(Cat("_", word));
}

bool IsCamelCase(std::string_view name) {
  for (size_t i = 1; i < name.size(); ++i) {
    if (absl::ascii_islower(static_cast<unsigned char>(name[i - 1])) && absl::ascii_isupper(static_cast<unsigned char>(name[i]))) {
      return true;
    }
  }
  return false;
}

class FamilyLinter {
 public:
  FamilyLinter(const TextFamily& family, std::vector<LintProblem>* problems)
      : family_(family), type_(family.type.value_or(FamilyType::kUntyped)), problems_(problems) {}

  void Run() {
    if (!family_.help.has_value()) {
      Report("no help text");
    }
    CheckUnits();
    CheckSuffixes();
    CheckWords();
    CheckLabels();
    CheckDuplicates();
  }

 private:
  void Report(std::string text) { problems_->push_back({.metric = family_.name, .text = std::move(text)}); }

  void CheckUnits() {
    std::string_view rest = family_.name;
    while (!rest.empty()) {
      const std::string_view word = rest.substr(0, rest.find('_'));
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
      if (const std::string_view base = BaseOfWord(word); !base.empty()) {
        if (base != word) {
          Report(Cat("use base unit ", GoQuoted(base), " instead of ", GoQuoted(word)));
        }
        return;
      }
    }
  }

  void CheckSuffixes() {
    const std::string_view name = family_.name;
    const bool is_histogram = type_ == FamilyType::kHistogram;
    const bool is_distribution = is_histogram || type_ == FamilyType::kSummary;
    if (type_ == FamilyType::kCounter && !name.ends_with("_total")) {
      Report("counter metrics should have \"_total\" suffix");
    }
    if (type_ == FamilyType::kUntyped) {
      return;
    }
    if (type_ != FamilyType::kCounter && name.ends_with("_total")) {
      Report("non-counter metrics should not have \"_total\" suffix");
    }
    if (type_ != FamilyType::kGauge && name.ends_with("_timestamp_seconds")) {
      Report("non-gauge metrics should not have \"_timestamp_seconds\" suffix");
    }
    if (!is_histogram && name.ends_with("_bucket")) {
      Report("non-histogram metrics should not have \"_bucket\" suffix");
    }
    for (const std::string_view suffix : {"_count", "_sum"}) {
      if (!is_distribution && name.ends_with(suffix)) {
        Report(Cat("non-histogram and non-summary metrics should not have \"", suffix, "\" suffix"));
      }
    }
  }

  void CheckWords() {
    const std::string lower = absl::AsciiStrToLower(family_.name);
    for (const FamilyType type :
         {FamilyType::kCounter, FamilyType::kGauge, FamilyType::kSummary, FamilyType::kHistogram, FamilyType::kGaugeHistogram}) {
      if (HasWord(lower, ToString(type))) {
        Report(Cat("metric name should not include type '", ToString(type), "'"));
      }
    }
    for (const std::string_view abbreviation : kAbbreviations) {
      if (HasWord(lower, abbreviation)) {
        Report("metric names should not contain abbreviated units");
      }
    }
    if (lower.find(':') != std::string::npos) {
      Report("metric names should not contain ':'");
    }
    if (IsCamelCase(family_.name)) {
      Report("metric names should be written in 'snake_case' not 'camelCase'");
    }
  }

  void CheckLabels() {
    for (const TextMetric& metric : family_.metrics) {
      for (const auto& [name, unused] : metric.labels) {
        if (type_ != FamilyType::kUntyped && name == "le") {
          Report("non-histogram metrics should not have \"le\" label");
        }
        if (type_ != FamilyType::kUntyped && name == "quantile") {
          Report("non-summary metrics should not have \"quantile\" label");
        }
        if (IsCamelCase(name)) {
          Report("label names should be written in 'snake_case' not 'camelCase'");
        }
      }
    }
  }

  void CheckDuplicates() {
    std::set<std::vector<std::pair<std::string, std::string>>> seen;
    for (const TextMetric& metric : family_.metrics) {
      auto labels = metric.labels;
      std::sort(labels.begin(), labels.end());
      if (!seen.insert(std::move(labels)).second) {
        Report("metric not unique");
      }
    }
  }

  const TextFamily& family_;
  const FamilyType type_;
  std::vector<LintProblem>* problems_;
};

}  // namespace

std::vector<LintProblem> LintFamilies(const std::map<std::string, TextFamily>& families) {
  std::vector<LintProblem> problems;
  for (const auto& [name, family] : families) {
    FamilyLinter(family, &problems).Run();
  }
  std::sort(problems.begin(), problems.end());
  return problems;
}

}  // namespace tocsin
