#include "api/receive/otlp_names.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/status.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

using NamePair = std::pair<std::string_view, std::string_view>;

constexpr std::array kUnits = {
    NamePair{"d", "days"},
    NamePair{"h", "hours"},
    NamePair{"min", "minutes"},
    NamePair{"s", "seconds"},
    NamePair{"ms", "milliseconds"},
    NamePair{"us", "microseconds"},
    NamePair{"ns", "nanoseconds"},
    NamePair{"By", "bytes"},
    NamePair{"KiBy", "kibibytes"},
    NamePair{"MiBy", "mebibytes"},
    NamePair{"GiBy", "gibibytes"},
    NamePair{"TiBy", "tibibytes"},
    NamePair{"KBy", "kilobytes"},
    NamePair{"MBy", "megabytes"},
    NamePair{"GBy", "gigabytes"},
    NamePair{"TBy", "terabytes"},
    NamePair{"m", "meters"},
    NamePair{"V", "volts"},
    NamePair{"A", "amperes"},
    NamePair{"J", "joules"},
    NamePair{"W", "watts"},
    NamePair{"g", "grams"},
    NamePair{"Cel", "celsius"},
    NamePair{"Hz", "hertz"},
    NamePair{"1", ""},
    NamePair{"%", "percent"},
};
constexpr std::array kPerUnits = {NamePair{"s", "second"}, NamePair{"m", "minute"}, NamePair{"h", "hour"}, NamePair{"d", "day"},
                                  NamePair{"w", "week"},   NamePair{"mo", "month"}, NamePair{"y", "year"}};

template <size_t kSize>
std::string_view Translate(const std::array<NamePair, kSize>& table, std::string_view unit) {
  for (const auto& [from, to] : table) {
    if (from == unit) {
      return to;
    }
  }
  return unit;
}

bool IsAsciiLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool StartsWithDigit(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

/// One character of UTF-8, or one byte of what is none.
std::string_view NextCharacter(std::string_view text) { return text.substr(0, std::max<size_t>(1, Utf8SequenceLength(text))); }

std::string_view TrimBlanksOf(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

/// A unit as suffixes: "By/s" is {"bytes", "per_second"}. Parts in braces are annotations and left out.
struct UnitSuffixes {
  std::string main;
  std::string per;
};

UnitSuffixes SplitUnit(std::string_view unit) {
  const size_t slash = unit.find('/');
  const std::string_view main = TrimBlanksOf(unit.substr(0, slash));
  UnitSuffixes suffixes;
  if (main.find_first_of("{}") == std::string_view::npos) {
    suffixes.main = Translate(kUnits, main);
  }
  if (slash != std::string_view::npos) {
    const std::string_view per = TrimBlanksOf(unit.substr(slash + 1));
    if (!per.empty() && per.find_first_of("{}") == std::string_view::npos) {
      suffixes.per = Cat("per_", Translate(kPerUnits, per));
    }
  }
  return suffixes;
}

/// Other characters than letters, digits and ':' as single underscores, none at the start.
std::string CleanUnit(std::string_view unit) {
  std::string clean;
  while (!unit.empty()) {
    const std::string_view c = NextCharacter(unit);
    if (IsAsciiLetterOrDigit(c[0]) || c[0] == ':') {
      clean += c[0];
    } else if (!clean.empty() && clean.back() != '_') {
      clean += '_';
    }
    unit.remove_prefix(c.size());
  }
  return clean;
}

/// The runs of characters that a metric name may have.
std::vector<std::string> SplitName(std::string_view name, bool keep_underscores) {
  std::vector<std::string> tokens;
  bool in_token = false;
  while (!name.empty()) {
    const std::string_view c = NextCharacter(name);
    const bool good = IsAsciiLetterOrDigit(c[0]) || c[0] == ':' || (keep_underscores && c[0] == '_');
    if (good) {
      if (!in_token) {
        tokens.emplace_back();
      }
      tokens.back() += c[0];
    }
    in_token = good;
    name.remove_prefix(c.size());
  }
  return tokens;
}

bool HasToken(const std::vector<std::string>& tokens, std::string_view token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

void MoveToEnd(std::string_view token, std::vector<std::string>* tokens) {
  std::erase(*tokens, token);
  tokens->emplace_back(token);
}

std::string_view WithoutTrailingUnderscore(std::string_view text) { return text.ends_with('_') ? text.substr(0, text.size() - 1) : text; }

void AddUnitTokens(std::string main, std::string per, std::vector<std::string>* tokens) {
  if (HasToken(*tokens, main)) {
    main.clear();
  }
  per = per == "per_" ? "" : std::string(WithoutTrailingUnderscore(per));
  if (HasToken(*tokens, per)) {
    per.clear();
  }
  if (!per.empty()) {
    main = WithoutTrailingUnderscore(main);
  }
  for (std::string* suffix : {&main, &per}) {
    if (!suffix->empty()) {
      tokens->push_back(std::move(*suffix));
    }
  }
}

absl::Status CheckNormalized(std::string_view what, std::string_view name, std::string_view normalized) {
  if (normalized.empty()) {
    return absl::InvalidArgumentError(Cat("normalization for ", what, " ", GoQuoted(name), " resulted in empty name"));
  }
  if (normalized != name && normalized.find_first_not_of('_') == std::string_view::npos) {
    return absl::InvalidArgumentError(
        Cat("normalization for ", what, " ", GoQuoted(name), " resulted in invalid name ", GoQuoted(normalized)));
  }
  return absl::OkStatus();
}

/// `suffix` and the character in front of it.
void TrimSuffix(std::string_view suffix, std::string* name) {
  if (name->ends_with(suffix) && name->size() > suffix.size() + 1) {
    name->resize(name->size() - suffix.size() - 1);
  }
}

std::string Utf8MetricName(std::string_view name, std::string_view unit, OtlpNameKind kind) {
  std::string result(name);
  const bool ratio = unit == "1" && kind == OtlpNameKind::kGauge;
  const bool total = kind == OtlpNameKind::kMonotonicSum;
  if (ratio) {
    TrimSuffix("ratio", &result);
  }
  if (total) {
    TrimSuffix("total", &result);
  }
  const UnitSuffixes suffixes = SplitUnit(unit);
  if (!suffixes.per.empty()) {
    TrimSuffix(suffixes.per, &result);
  }
  if (!suffixes.main.empty() && !result.ends_with(suffixes.main)) {
    Append(&result, "_", suffixes.main);
  }
  if (!suffixes.per.empty()) {
    Append(&result, "_", suffixes.per);
  }
  result += total ? "_total" : "";
  result += ratio ? "_ratio" : "";
  return result;
}

std::string Join(const std::vector<std::string>& tokens) {
  std::string joined;
  for (const std::string& token : tokens) {
    Append(&joined, joined.empty() ? "" : "_", token);
  }
  return joined;
}

}  // namespace

OtlpNaming OtlpNaming::Of(const OtlpConfig& config) {
  OtlpNaming naming;
  naming.utf8 = config.translation_strategy == OtlpTranslation::kNoUtf8EscapingWithSuffixes ||
                config.translation_strategy == OtlpTranslation::kNoTranslation;
  naming.suffixes = config.translation_strategy != OtlpTranslation::kUnderscoreEscapingWithoutSuffixes &&
                    config.translation_strategy != OtlpTranslation::kNoTranslation;
  naming.key_before_underscore = config.label_name_underscore_sanitization;
  naming.keep_multiple_underscores = config.label_name_preserve_multiple_underscores;
  return naming;
}

absl::StatusOr<std::string> OtlpMetricName(std::string_view name, std::string_view unit, OtlpNameKind kind, const OtlpNaming& naming) {
  if (naming.utf8) {
    return naming.suffixes ? Utf8MetricName(name, unit, kind) : std::string(name);
  }
  std::vector<std::string> tokens = SplitName(name, /*keep_underscores=*/!naming.suffixes);
  if (naming.suffixes) {
    const UnitSuffixes suffixes = SplitUnit(unit);
    AddUnitTokens(CleanUnit(suffixes.main), CleanUnit(suffixes.per), &tokens);
    if (kind == OtlpNameKind::kMonotonicSum) {
      MoveToEnd("total", &tokens);
    }
    if (unit == "1" && kind == OtlpNameKind::kGauge) {
      MoveToEnd("ratio", &tokens);
    }
  }
  std::string normalized = Join(tokens);
  if (StartsWithDigit(normalized)) {
    normalized.insert(0, "_");
  }
  RETURN_IF_ERROR(CheckNormalized("metric", name, normalized));
  return normalized;
}

absl::StatusOr<std::string> OtlpLabelName(std::string_view name, const OtlpNaming& naming) {
  if (naming.utf8) {
    RETURN_IF_ERROR(CheckNormalized("label name", name, name));
    return std::string(name);
  }
  const bool reserved = name.size() > 4 && name.starts_with("__") && name.ends_with("__");
  std::string normalized;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view c = NextCharacter(rest);
    const bool good = IsAsciiLetterOrDigit(c[0]);
    if (good || naming.keep_multiple_underscores || reserved || !normalized.ends_with('_')) {
      normalized += good ? c[0] : '_';
    }
    rest.remove_prefix(c.size());
  }
  if (StartsWithDigit(normalized)) {
    normalized.insert(0, "key_");
  } else if (naming.key_before_underscore && normalized.starts_with('_') && !normalized.starts_with("__")) {
    normalized.insert(0, "key");
  }
  RETURN_IF_ERROR(CheckNormalized("label name", name, normalized));
  return normalized;
}

std::string OtlpUnitName(std::string_view unit) {
  const UnitSuffixes suffixes = SplitUnit(unit);
  const std::string main = CleanUnit(suffixes.main);
  const std::string per = CleanUnit(suffixes.per);
  const std::string both = Cat(main, main.empty() || per.empty() ? "" : "_", per);
  return std::string(WithoutTrailingUnderscore(both));
}

}  // namespace tocsin
