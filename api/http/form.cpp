#include "api/http/form.h"

#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// One "name=value"; the error's text, or "".
std::string ParsePair(std::string_view pair, Form* form) {
  if (pair.find(';') != std::string_view::npos) {
    return "invalid semicolon separator in query";
  }
  const size_t equals = pair.find('=');
  std::string name;
  std::string value;
  std::string broken = PercentDecode(pair.substr(0, equals), true, &name);
  if (broken.empty() && equals != std::string_view::npos) {
    broken = PercentDecode(pair.substr(equals + 1), true, &value);
  }
  if (!broken.empty()) {
    return Cat("invalid URL escape ", GoQuoted(broken));
  }
  form->Add(std::move(name), std::move(value));
  return "";
}

}  // namespace

std::string_view Form::Get(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) {
      return value;
    }
  }
  return "";
}

std::vector<std::string_view> Form::All(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs_) {
    if (key == name) {
      values.push_back(value);
    }
  }
  return values;
}

bool Form::Has(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) {
      return true;
    }
  }
  return false;
}

std::string ParseForm(std::string_view text, Form* form) {
  std::string first_error;
  while (!text.empty()) {
    const size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) {
      continue;
    }
    if (form->pairs().size() >= kFormParametersMax) {
      return Cat("more than ", kFormParametersMax, " parameters");
    }
    std::string error = ParsePair(pair, form);
    if (first_error.empty()) {
      first_error = std::move(error);
    }
  }
  return first_error;
}

std::string PercentDecode(std::string_view text, bool plus_is_blank, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus_is_blank) {
      out->push_back(' ');
    } else if (c != '%') {
      out->push_back(c);
    } else {
      const std::string_view escape = text.substr(i, 3);
      const int high = escape.size() == 3 ? HexDigit(escape[1]) : -1;
      const int low = escape.size() == 3 ? HexDigit(escape[2]) : -1;
      if (high < 0 || low < 0) {
        return std::string(escape);
      }
      out->push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return "";
}

std::string QueryEscape(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else if (c == ' ') {
      out.push_back('+');
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

}  // namespace tocsin::http
