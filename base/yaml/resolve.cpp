#include "base/yaml/resolve.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace tocsin::yaml {
namespace {

enum class Form { kNull, kTrue, kFalse, kNan, kInfinity, kMinusInfinity };

struct Word {
  std::string_view text;
  Form form;
};

constexpr std::array kWords = {
    Word{"", Form::kNull},
    Word{"~", Form::kNull},
    Word{"null", Form::kNull},
    Word{"Null", Form::kNull},
    Word{"NULL", Form::kNull},
    Word{"y", Form::kTrue},
    Word{"Y", Form::kTrue},
    Word{"yes", Form::kTrue},
    Word{"Yes", Form::kTrue},
    Word{"YES", Form::kTrue},
    Word{"true", Form::kTrue},
    Word{"True", Form::kTrue},
    Word{"TRUE", Form::kTrue},
    Word{"on", Form::kTrue},
    Word{"On", Form::kTrue},
    Word{"ON", Form::kTrue},
    Word{"n", Form::kFalse},
    Word{"N", Form::kFalse},
    Word{"no", Form::kFalse},
    Word{"No", Form::kFalse},
    Word{"NO", Form::kFalse},
    Word{"false", Form::kFalse},
    Word{"False", Form::kFalse},
    Word{"FALSE", Form::kFalse},
    Word{"off", Form::kFalse},
    Word{"Off", Form::kFalse},
    Word{"OFF", Form::kFalse},
    Word{".nan", Form::kNan},
    Word{".NaN", Form::kNan},
    Word{".NAN", Form::kNan},
    Word{".inf", Form::kInfinity},
    Word{".Inf", Form::kInfinity},
    Word{".INF", Form::kInfinity},
    Word{"+.inf", Form::kInfinity},
    Word{"+.Inf", Form::kInfinity},
    Word{"+.INF", Form::kInfinity},
    Word{"-.inf", Form::kMinusInfinity},
    Word{"-.Inf", Form::kMinusInfinity},
    Word{"-.INF", Form::kMinusInfinity},
};

std::optional<Form> FindWord(std::string_view text) {
  for (const Word& word : kWords) {
    if (word.text == text) {
      return word.form;
    }
  }
  return std::nullopt;
}

bool StartsNumber(std::string_view text) {
  return !text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == '-' || text[0] == '+' || text[0] == '.');
}

std::string WithoutUnderscores(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '_') {
      plain.push_back(c);
    }
  }
  return plain;
}

struct Integer {
  bool negative;
  uint64_t magnitude;
};

// Go's strconv.ParseInt with base 0: 0x, 0o, 0b and a leading zero choose the base.
std::optional<Integer> ParseInteger(std::string_view text) {
  Integer number{!text.empty() && text[0] == '-', 0};
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
    text.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.magnitude, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return number;
}

// [-+]? (digits [. digits*]? | . digits) ([eE] [-+]? digits)?
bool IsYamlFloat(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
      ++i;
    }
    return i - start;
  };
  const auto take = [&](std::string_view any) {
    const bool found = i < text.size() && any.find(text[i]) != std::string_view::npos;
    i += found ? 1 : 0;
    return found;
  };
  take("+-");
  const size_t whole = digits();
  const size_t fraction = take(".") ? digits() : 0;
  if (whole + fraction == 0) {
    return false;
  }
  if (take("eE")) {
    take("+-");
    if (digits() == 0) {
      return false;
    }
  }
  return i == text.size();
}

std::optional<double> ParseYamlFloat(std::string_view text) {
  if (!IsYamlFloat(text)) {
    return std::nullopt;
  }
  if (text[0] == '+') {
    text.remove_prefix(1);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return std::nullopt;
  }
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

size_t DigitsAt(std::string_view text, size_t start) {
  size_t end = start;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') {
    ++end;
  }
  return end - start;
}

// YAML 1.1's base 60 numbers, which other readers take for numbers: 190:20:30.15
bool IsBase60(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t first = DigitsAt(text, at);
  at += first;
  if (first == 0 || at == text.size() || text[at] != ':') {
    return false;
  }
  while (at < text.size() && text[at] == ':') {
    const size_t digits = DigitsAt(text, at + 1);
    if (digits == 0 || digits > 2 || (digits == 2 && text[at + 1] > '5')) {
      return false;
    }
    at += 1 + digits;
  }
  return at == text.size() || (text[at] == '.' && at + 1 + DigitsAt(text, at + 1) == text.size());
}

// 2026-01-31, with or without a time behind.
bool IsDate(std::string_view text) {
  if (DigitsAt(text, 0) != 4 || text.size() < 8 || text[4] != '-') {
    return false;
  }
  const size_t month = DigitsAt(text, 5);
  const size_t dash = 5 + month;
  const size_t day = dash < text.size() && text[dash] == '-' ? DigitsAt(text, dash + 1) : 0;
  const size_t end = dash + 1 + day;
  return month >= 1 && month <= 2 && day >= 1 && day <= 2 &&
         (end == text.size() || text[end] == 'T' || text[end] == 't' || text[end] == ' ');
}

// Whether the text of the scalar, and not only its style, decides its type.
bool TextDecides(const Node& node) {
  return node.kind == Kind::kScalar && (node.tag.empty() ? node.plain : node.tag != "!!str" && node.tag.starts_with("!!"));
}

}  // namespace

std::string_view Node::ResolvedTag() const {
  if (!tag.empty()) {
    return tag;
  }
  if (kind != Kind::kScalar) {
    return kind == Kind::kSequence ? "!!seq" : "!!map";
  }
  if (!plain) {
    return "!!str";
  }
  if (const std::optional<Form> form = FindWord(text)) {
    return *form == Form::kNull ? "!!null" : *form == Form::kTrue || *form == Form::kFalse ? "!!bool" : "!!float";
  }
  if (StartsNumber(text)) {
    const std::string number = WithoutUnderscores(text);
    if (ParseInteger(number)) {
      return "!!int";
    }
    if (ParseYamlFloat(number)) {
      return "!!float";
    }
  }
  return "!!str";
}

bool Node::IsNull() const { return kind == Kind::kScalar && (tag == "!!null" || (tag.empty() && plain && FindWord(text) == Form::kNull)); }

const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key->kind == Kind::kScalar && entry.key->text == key) {
      return entry.value;
    }
  }
  return nullptr;
}

std::optional<bool> ToBool(const Node& node) {
  const std::optional<Form> form = TextDecides(node) ? FindWord(node.text) : std::nullopt;
  if (form == Form::kTrue || form == Form::kFalse) {
    return form == Form::kTrue;
  }
  return std::nullopt;
}

std::optional<int64_t> ToInt64(const Node& node) {
  if (!TextDecides(node)) {
    return std::nullopt;
  }
  const std::string number = WithoutUnderscores(node.text);
  if (const std::optional<Integer> integer = ParseInteger(number)) {
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    if (integer->magnitude > kMax + (integer->negative ? 1 : 0)) {
      return std::nullopt;
    }
    return static_cast<int64_t>(integer->negative ? 0 - integer->magnitude : integer->magnitude);
  }
  const std::optional<double> real = ParseYamlFloat(number);
  if (real && *real >= -0x1p63 && *real < 0x1p63) {
    return static_cast<int64_t>(*real);
  }
  return std::nullopt;
}

std::optional<uint64_t> ToUint64(const Node& node) {
  if (!TextDecides(node)) {
    return std::nullopt;
  }
  const std::string number = WithoutUnderscores(node.text);
  if (const std::optional<Integer> integer = ParseInteger(number)) {
    return integer->negative && integer->magnitude != 0 ? std::nullopt : std::optional(integer->magnitude);
  }
  const std::optional<double> real = ParseYamlFloat(number);
  if (real && *real >= 0 && *real < 0x1p64) {
    return static_cast<uint64_t>(*real);
  }
  return std::nullopt;
}

std::optional<double> ToDouble(const Node& node) {
  if (!TextDecides(node)) {
    return std::nullopt;
  }
  switch (FindWord(node.text).value_or(Form::kNull)) {
    case Form::kNan:
      return std::numeric_limits<double>::quiet_NaN();
    case Form::kInfinity:
      return std::numeric_limits<double>::infinity();
    case Form::kMinusInfinity:
      return -std::numeric_limits<double>::infinity();
    default:
      break;
  }
  const std::string number = WithoutUnderscores(node.text);
  if (const std::optional<Integer> integer = ParseInteger(number)) {
    const double value = static_cast<double>(integer->magnitude);
    return integer->negative ? -value : value;
  }
  return ParseYamlFloat(number);
}

bool NeedsQuotes(std::string_view text) {
  Node node;
  node.plain = true;
  node.text = text;
  if (node.ResolvedTag() != "!!str" || text == "<<" || text == "=") {
    return true;
  }
  return IsBase60(text) || IsDate(text);
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
      continue;
    }
    if (c == '=') {
      ++padding;
      continue;
    }
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos || padding > 0) {
      return std::nullopt;
    }
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if (++count % 4 != 1) {
      const int shift = count % 4 == 2 ? 4 : count % 4 == 3 ? 2 : 0;
      out.push_back(static_cast<char>(bits >> shift));
    }
  }
  if (count % 4 == 1 || (count % 4 == 0 ? padding != 0 : padding != static_cast<size_t>(4 - count % 4))) {
    return std::nullopt;
  }
  return out;
}

}  // namespace tocsin::yaml
