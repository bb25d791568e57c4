#include "base/model/regex_shape.h"

#include <algorithm>
#include <optional>

namespace tocsin {
namespace {

constexpr int kRegexDepthMax = 16;

bool IsMeta(char c) { return std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos; }

/// Takes apart what consists of literals, groups and alternatives only.
class LiteralParser {
 public:
  explicit LiteralParser(std::string_view pattern) : rest_(pattern) {}

  std::optional<std::vector<std::string>> ParseAll() {
    auto all = Alternatives(0);
    return all && rest_.empty() ? all : std::nullopt;
  }

  /// One literal character at the front of `rest`, escapes of punctuation resolved.
  static std::optional<char> TakeLiteral(std::string_view* rest) {
    if (rest->empty()) {
      return std::nullopt;
    }
    char c = rest->front();
    size_t taken = 1;
    if (c == '\\') {
      if (rest->size() < 2 || isalnum(static_cast<unsigned char>((*rest)[1])) != 0 || static_cast<unsigned char>((*rest)[1]) >= 0x80) {
        return std::nullopt;
      }
      c = (*rest)[1];
      taken = 2;
    } else if (IsMeta(c)) {
      return std::nullopt;
    }
    rest->remove_prefix(taken);
    return c;
  }

 private:
  std::optional<std::vector<std::string>> Alternatives(int depth) {
    std::vector<std::string> all;
    for (;;) {
      auto one = Sequence(depth);
      if (!one || all.size() + one->size() > kRegexLiteralsMax) {
        return std::nullopt;
      }
      all.insert(all.end(), one->begin(), one->end());
      if (rest_.empty() || rest_.front() != '|') {
        return all;
      }
      rest_.remove_prefix(1);
    }
  }

  std::optional<std::vector<std::string>> Sequence(int depth) {
    std::vector<std::string> so_far = {""};
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      auto next = Piece(depth);
      if (!next || so_far.size() * next->size() > kRegexLiteralsMax || Quantified()) {
        return std::nullopt;
      }
      std::vector<std::string> joined;
      for (const std::string& head : so_far) {
        for (const std::string& tail : *next) {
          joined.push_back(head + tail);
        }
      }
      so_far = std::move(joined);
    }
    return so_far;
  }

  std::optional<std::vector<std::string>> Piece(int depth) {
    if (rest_.front() != '(') {
      const std::optional<char> c = TakeLiteral(&rest_);
      return c ? std::optional(std::vector<std::string>{std::string(1, *c)}) : std::nullopt;
    }
    if (depth >= kRegexDepthMax) {
      return std::nullopt;
    }
    rest_.remove_prefix(1);
    if (rest_.starts_with("?:")) {
      rest_.remove_prefix(2);
    } else if (rest_.starts_with("?")) {
      return std::nullopt;
    }
    auto inner = Alternatives(depth + 1);
    if (!inner || rest_.empty()) {
      return std::nullopt;
    }
    rest_.remove_prefix(1);
    return inner;
  }

  bool Quantified() const { return !rest_.empty() && std::string_view("*+?{").find(rest_.front()) != std::string_view::npos; }

  std::string_view rest_;
};

// Literal characters up to the first that is none, or that a quantifier follows. A quantifier on a multi-byte character binds all its
// bytes.
std::string TakeLiterals(std::string_view* rest) {
  std::string out;
  for (;;) {
    std::string_view after = *rest;
    std::string character;
    std::optional<char> c = LiteralParser::TakeLiteral(&after);
    if (!c) {
      return out;
    }
    character.push_back(*c);
    while (static_cast<unsigned char>(*c) >= 0x80 && !after.empty() && (static_cast<unsigned char>(after.front()) & 0xc0) == 0x80) {
      character.push_back(after.front());
      after.remove_prefix(1);
    }
    if (!after.empty() && std::string_view("*+?{").find(after.front()) != std::string_view::npos) {
      return out;
    }
    out += character;
    *rest = after;
  }
}

// ".*" or ".+" at the front: the least number of characters, else nothing.
std::optional<size_t> TakeGap(std::string_view* rest) {
  const bool star = rest->starts_with(".*");
  if (!star && !rest->starts_with(".+")) {
    return std::nullopt;
  }
  if (rest->size() > 2 && std::string_view("*+?{").find((*rest)[2]) != std::string_view::npos) {
    return std::nullopt;
  }
  rest->remove_prefix(2);
  return star ? 0 : 1;
}

}  // namespace

bool RegexShape::Matches(std::string_view text) const {
  switch (kind) {
    case Kind::kLiterals:
      return literals.size() <= 8 ? std::find(literals.begin(), literals.end(), text) != literals.end()
                                  : std::binary_search(literals.begin(), literals.end(), text);
    case Kind::kGap:
      return text.size() >= prefix.size() + suffix.size() + gap_min && text.starts_with(prefix) && text.ends_with(suffix);
    case Kind::kContains:
      return text.find(literals[0]) != std::string_view::npos;
    case Kind::kOther:
      break;
  }
  return false;
}

RegexShape AnalyseRegex(std::string_view pattern) {
  RegexShape shape;
  if (auto literals = LiteralParser(pattern).ParseAll()) {
    shape.kind = RegexShape::Kind::kLiterals;
    std::sort(literals->begin(), literals->end());
    literals->erase(std::unique(literals->begin(), literals->end()), literals->end());
    shape.literals = *std::move(literals);
    return shape;
  }
  std::string_view rest = pattern;
  std::string prefix = TakeLiterals(&rest);
  const std::optional<size_t> gap = TakeGap(&rest);
  if (gap) {
    std::string suffix = TakeLiterals(&rest);
    if (rest.empty()) {
      shape.kind = RegexShape::Kind::kGap;
      shape.prefix = std::move(prefix);
      shape.suffix = std::move(suffix);
      shape.gap_min = *gap;
      return shape;
    }
    if (prefix.empty() && *gap == 0 && rest == ".*") {
      shape.kind = RegexShape::Kind::kContains;
      shape.literals = {std::move(suffix)};
      return shape;
    }
  }
  // With an alternative at the top the prefix belongs to the first one alone. One in a class or a group only costs the optimisation.
  if (pattern.find('|') == std::string_view::npos) {
    shape.prefix = std::move(prefix);
  }
  return shape;
}

}  // namespace tocsin
