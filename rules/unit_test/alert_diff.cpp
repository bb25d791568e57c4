#include "rules/unit_test/alert_diff.h"

#include <set>

#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kMissing = "\x1b[0;31m";
constexpr std::string_view kUnexpected = "\x1b[0;32m";
constexpr std::string_view kOther = "\x1b[0;33m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr size_t kStep = 4;

std::string Indent(size_t level) { return std::string(level * kStep, ' '); }

std::string Member(const std::string& name, const Labels& labels) { return Cat(GoQuoted(name), ": ", GoQuoted(labels.Get(name))); }

std::string DiffMember(const std::string& name, const Labels& expected, const Labels& got) {
  if (!got.Has(name)) {
    return Cat(kMissing, Member(name, expected), kPlain);
  }
  if (!expected.Has(name)) {
    return Cat(kUnexpected, Member(name, got), kPlain);
  }
  if (expected.Get(name) == got.Get(name)) {
    return Member(name, got);
  }
  return Cat(GoQuoted(name), ": ", kOther, GoQuoted(expected.Get(name)), " => ", GoQuoted(got.Get(name)), kPlain);
}

std::string DiffObject(const Labels& expected, const Labels& got, size_t level) {
  std::set<std::string> names;
  for (const Labels* side : {&expected, &got}) {
    for (const Label& label : *side) {
      names.emplace(label.name);
    }
  }
  if (names.empty()) {
    return "{}";
  }
  std::string out = "{";
  for (const std::string& name : names) {
    Append(&out, out == "{" ? "\n" : ",\n", Indent(level + 1), DiffMember(name, expected, got));
  }
  return Cat(out, "\n", Indent(level), "}");
}

std::string DiffAlert(const LabeledAlert& expected, const LabeledAlert& got, size_t level) {
  return Cat("{\n", Indent(level + 1), "\"Annotations\": ", DiffObject(expected.annotations, got.annotations, level + 1), ",\n",
             Indent(level + 1), "\"Labels\": ", DiffObject(expected.labels, got.labels, level + 1), "\n", Indent(level), "}");
}

/// Each line of `text` in a colour, but for its indentation.
std::string Coloured(std::string_view text, std::string_view colour) {
  std::string out;
  while (!text.empty()) {
    const size_t begin = std::min(text.find_first_not_of(' '), text.size());
    const size_t end = std::min(text.find('\n'), text.size());
    Append(&out, text.substr(0, begin), colour, text.substr(begin, end - begin), kPlain);
    text.remove_prefix(end);
    if (!text.empty()) {
      out.push_back('\n');
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::string AlertsDiff(std::vector<LabeledAlert> expected, std::vector<LabeledAlert> got) {
  // No alert at all is shown as one without labels.
  expected.resize(std::max<size_t>(expected.size(), 1));
  got.resize(std::max<size_t>(got.size(), 1));
  std::string out = "[";
  for (size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    Append(&out, i == 0 ? "\n" : ",\n", Indent(1));
    if (i >= got.size()) {
      out += Coloured(DiffAlert(expected[i], expected[i], 1), kMissing);
    } else if (i >= expected.size()) {
      out += Coloured(DiffAlert(got[i], got[i], 1), kUnexpected);
    } else {
      out += DiffAlert(expected[i], got[i], 1);
    }
  }
  return out + "\n]";
}

}  // namespace tocsin::rules
