#include "rules/template/format_verb.h"

#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "rules/template/go_time.h"
#include "rules/template/histogram_value.h"

namespace tocsin::gotemplate {
namespace {

size_t RuneCount(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    const size_t length = std::max<size_t>(Utf8SequenceLength(text), 1);
    text.remove_prefix(length);
    ++count;
  }
  return count;
}

std::string_view TakeRunes(std::string_view text, int runes) {
  size_t end = 0;
  for (int i = 0; i < runes && end < text.size(); ++i) {
    end += std::max<size_t>(Utf8SequenceLength(text.substr(end)), 1);
  }
  return text.substr(0, end);
}

void AppendBadVerb(const VerbSpec& spec, const Value& value, std::string* out) {
  out->append("%!");
  AppendUtf8(spec.verb, out);
  if (!value.valid()) {
    out->append("(<nil>)");
    return;
  }
  Append(out, "(", value.type_name(), "=");
  AppendVerb(VerbSpec{}, value, out);
  out->push_back(')');
}

std::string HexText(std::string_view text, bool upper, bool spaced, bool prefixed) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const std::string_view prefix = upper ? "0X" : "0x";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (spaced && i > 0) {
      out.push_back(' ');
    }
    if (prefixed && (spaced || i == 0)) {
      out += prefix;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

/// %s %v %q %x %X of a text; false for other verbs.
bool AppendTextVerb(const VerbSpec& spec, std::string_view text, std::string* out) {
  switch (spec.verb) {
    case 'v':
    case 's':
      AppendPaddedText(spec, spec.precision >= 0 ? TakeRunes(text, spec.precision) : text, out);
      return true;
    case 'q': {
      const std::string_view cut = spec.precision >= 0 ? TakeRunes(text, spec.precision) : text;
      if (spec.sharp && cut.find('`') == std::string_view::npos && cut.find('\n') == std::string_view::npos) {
        AppendPaddedText(spec, Cat("`", cut, "`"), out);
      } else {
        AppendPaddedText(spec, GoQuoted(cut), out);
      }
      return true;
    }
    case 'x':
    case 'X': {
      const std::string_view cut = spec.precision >= 0 ? text.substr(0, static_cast<size_t>(spec.precision)) : text;
      AppendPaddedText(spec, HexText(cut, spec.verb == 'X', spec.space, spec.sharp), out);
      return true;
    }
    default:
      return false;
  }
}

std::string DigitsOf(uint64_t value, unsigned base, bool upper) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  do {
    out.push_back(digits[value % base]);
    value /= base;
  } while (value != 0);
  std::reverse(out.begin(), out.end());
  return out;
}

void AppendIntegerDigits(const VerbSpec& spec, uint64_t magnitude, bool negative, unsigned base, std::string* out) {
  if (spec.precision == 0 && magnitude == 0) {
    VerbSpec padding = spec;
    padding.zero = false;
    AppendPaddedText(padding, "", out);
    return;
  }
  std::string digits = DigitsOf(magnitude, base, spec.verb == 'X');
  std::string sign = negative ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  int least = spec.precision;
  if (least < 0 && spec.zero && !spec.minus && spec.width > 0) {
    least = spec.width - static_cast<int>(sign.size());
  }
  if (static_cast<int>(digits.size()) < least) {
    digits.insert(0, static_cast<size_t>(least) - digits.size(), '0');
  }
  if (spec.verb == 'O') {
    digits.insert(0, "0o");
  } else if (spec.sharp) {
    if (base == 16) {
      digits.insert(0, spec.verb == 'X' ? "0X" : "0x");
    } else if (base == 2) {
      digits.insert(0, "0b");
    } else if (base == 8 && digits[0] != '0') {
      digits.insert(0, "0");
    }
  }
  VerbSpec padding = spec;
  padding.zero = false;
  AppendPaddedText(padding, sign + digits, out);
}

char32_t RuneOf(uint64_t magnitude, bool negative) {
  return negative || magnitude > 0x10FFFF ? U'\uFFFD' : static_cast<char32_t>(magnitude);
}

void AppendInteger(const VerbSpec& spec, const Value& value, uint64_t magnitude, bool negative, std::string* out) {
  switch (spec.verb) {
    case 'v':
    case 'd':
      return AppendIntegerDigits(spec, magnitude, negative, 10, out);
    case 'b':
      return AppendIntegerDigits(spec, magnitude, negative, 2, out);
    case 'o':
    case 'O':
      return AppendIntegerDigits(spec, magnitude, negative, 8, out);
    case 'x':
    case 'X':
      return AppendIntegerDigits(spec, magnitude, negative, 16, out);
    case 'c': {
      std::string text;
      AppendUtf8(RuneOf(magnitude, negative), &text);
      return AppendPaddedText(spec, text, out);
    }
    case 'q': {
      std::string text;
      AppendUtf8(RuneOf(magnitude, negative), &text);
      std::string quoted = text == "'" ? "'\\''" : text == "\"" ? "'\"'" : GoQuoted(text);
      quoted.front() = quoted.back() = '\'';
      return AppendPaddedText(spec, quoted, out);
    }
    case 'U': {
      std::string hex = DigitsOf(magnitude, 16, true);
      if (hex.size() < 4) {
        hex.insert(0, 4 - hex.size(), '0');
      }
      return AppendPaddedText(spec, "U+" + hex, out);
    }
    default:
      return AppendBadVerb(spec, value, out);
  }
}

void AppendFloat(const VerbSpec& spec, const Value& value, std::string* out) {
  char format;
  int precision = spec.precision;
  switch (spec.verb) {
    case 'v':
    case 'g':
    case 'G':
      format = 'g';
      break;
    case 'e':
    case 'E':
      format = 'e';
      precision = precision < 0 ? 6 : precision;
      break;
    case 'f':
    case 'F':
      format = 'f';
      precision = precision < 0 ? 6 : precision;
      break;
    default:
      return AppendBadVerb(spec, value, out);
  }
  const double number = value.float_value();
  std::string text = GoFloat(number, format, precision);
  if (spec.verb == 'G' || spec.verb == 'E') {
    std::replace(text.begin(), text.end(), 'e', 'E');
  }
  std::string sign;
  if (text[0] == '-' || text[0] == '+') {
    sign = text.substr(0, 1);
    text.erase(0, 1);
  } else {
    sign = "+";
  }
  // Of infinities and NaN only what was asked for, and never zeros in front.
  const bool finite = std::isfinite(number);
  if (sign == "+" && !spec.plus) {
    sign = spec.space ? " " : std::isinf(number) ? "+" : "";
  }
  if (spec.zero && finite && !spec.minus && spec.width > static_cast<int>(text.size() + sign.size())) {
    text.insert(0, static_cast<size_t>(spec.width) - text.size() - sign.size(), '0');
  }
  VerbSpec padding = spec;
  padding.zero = false;
  AppendPaddedText(padding, sign + text, out);
}

/// Parts of maps, lists and structs take the same verb.
void AppendMapOfLabels(const VerbSpec& spec, const Labels& labels, std::string* out) {
  out->append("map[");
  bool first = true;
  for (const Label& label : labels) {
    if (!first) {
      out->push_back(' ');
    }
    first = false;
    AppendVerb(spec, Value(label.name), out);
    out->push_back(':');
    AppendVerb(spec, Value(label.value), out);
  }
  out->push_back(']');
}

void AppendComposite(const VerbSpec& spec, const Value& value, std::string* out) {
  VerbSpec part = spec;
  part.dereference = false;
  switch (value.kind()) {
    case Value::Kind::kStringMap:
      return AppendMapOfLabels(part, value.labels(), out);
    case Value::Kind::kAnyMap: {
      out->append("map[");
      const char* separator = "";
      for (const auto& [key, item] : value.map()) {
        out->append(separator);
        AppendVerb(part, Value(key), out);
        out->push_back(':');
        AppendVerb(part, item, out);
        separator = " ";
      }
      return out->push_back(']');
    }
    case Value::Kind::kList: {
      out->push_back('[');
      const char* separator = "";
      for (const Value& item : value.list().items) {
        out->append(separator);
        AppendVerb(part, item, out);
        separator = " ";
      }
      return out->push_back(']');
    }
    case Value::Kind::kQueryResult: {
      // Pointers inside a list print as addresses in Go; their place in the list says as much.
      out->push_back('[');
      for (size_t i = 0; i < value.query_result().size(); ++i) {
        Append(out, i > 0 ? " " : "", "0xc000", absl::Hex(i * 16, absl::kZeroPad6));
      }
      return out->push_back(']');
    }
    case Value::Kind::kSample: {
      const QuerySample& sample = *value.sample();
      out->append(spec.dereference ? "{" : "&{");
      out->append(spec.plus ? "Labels:" : "");
      AppendVerb(part, Value(sample.labels), out);
      out->append(spec.plus ? " Value:" : " ");
      AppendVerb(part, sample.value, out);
      return out->push_back('}');
    }
    default: {
      const AlertData& data = value.alert_data();
      out->append(spec.plus ? "{Labels:" : "{");
      AppendVerb(part, Value(data.labels), out);
      out->append(spec.plus ? " ExternalLabels:" : " ");
      AppendVerb(part, Value(data.external_labels), out);
      out->append(spec.plus ? " ExternalURL:" : " ");
      AppendVerb(part, Value(data.external_url), out);
      out->append(spec.plus ? " Value:" : " ");
      AppendVerb(part, data.value, out);
      return out->push_back('}');
    }
  }
}

/// Of values that have a String method in Go.
std::string StringerText(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kHistogram:
      return HistogramText(value.histogram());
    case Value::Kind::kTime:
      return GoTimeText(value.time().unix_ns);
    default:
      return GoDurationText(value.duration().ns);
  }
}

}  // namespace

void AppendUtf8(char32_t rune, std::string* out) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) {
    rune = 0xFFFD;
  }
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (rune >> 6)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (rune >> 12)));
    out->push_back(static_cast<char>(0x80 | ((rune >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (rune >> 18)));
    out->push_back(static_cast<char>(0x80 | ((rune >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((rune >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  }
}

void AppendPaddedText(const VerbSpec& spec, std::string_view text, std::string* out) {
  const auto runes = static_cast<int>(RuneCount(text));
  if (spec.width <= runes) {
    out->append(text);
    return;
  }
  const auto padding = static_cast<size_t>(spec.width - runes);
  if (spec.minus) {
    out->append(text);
    out->append(padding, ' ');
  } else {
    out->append(padding, spec.zero ? '0' : ' ');
    out->append(text);
  }
}

void AppendVerb(const VerbSpec& spec, const Value& value, std::string* out) {
  if (spec.verb == 'T') {
    return AppendPaddedText(spec, value.type_name(), out);
  }
  switch (value.kind()) {
    case Value::Kind::kNone:
      if (spec.verb == 'v') {
        return AppendPaddedText(spec, "<nil>", out);
      }
      return AppendBadVerb(spec, value, out);
    case Value::Kind::kBool:
      if (spec.verb == 't' || spec.verb == 'v') {
        return AppendPaddedText(spec, value.bool_value() ? "true" : "false", out);
      }
      return AppendBadVerb(spec, value, out);
    case Value::Kind::kInt: {
      const int64_t number = value.int_value();
      const auto bits = static_cast<uint64_t>(number);
      return AppendInteger(spec, value, number < 0 ? 0 - bits : bits, number < 0, out);
    }
    case Value::Kind::kUint:
      return AppendInteger(spec, value, value.uint_value(), false, out);
    case Value::Kind::kFloat:
      return AppendFloat(spec, value, out);
    case Value::Kind::kString:
    case Value::Kind::kHtml:
      if (spec.verb == 'v' && spec.sharp) {
        VerbSpec quoted = spec;
        quoted.verb = 'q';
        quoted.sharp = false;
        AppendTextVerb(quoted, value.text(), out);
        return;
      }
      if (!AppendTextVerb(spec, value.text(), out)) {
        AppendBadVerb(spec, value, out);
      }
      return;
    case Value::Kind::kHistogram:
    case Value::Kind::kTime:
    case Value::Kind::kDuration:
      if (!AppendTextVerb(spec, StringerText(value), out)) {
        AppendBadVerb(spec, value, out);
      }
      return;
    case Value::Kind::kSample:
      if (value.sample() == nullptr) {
        return AppendPaddedText(spec, "<nil>", out);
      }
      return AppendComposite(spec, value, out);
    default:
      return AppendComposite(spec, value, out);
  }
}

}  // namespace tocsin::gotemplate
