#include "rules/unit_test/junit.h"

#include "base/strings.h"
#include "base/text/markup.h"
#include "base/text/quote.h"

namespace tocsin::rules {
namespace {

std::string XmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\t':
        out += "&#x9;";
        break;
      case '\n':
        out += "&#xA;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          AppendUtf8(kRuneError, &out);  // XML has no other control characters
        } else {
          AppendMarkupEscaped(c, &out);
        }
    }
  }
  return out;
}

}  // namespace

std::string JunitXml(const std::vector<JunitSuite>& suites) {
  std::string out = "<testsuites>";
  for (const JunitSuite& suite : suites) {
    size_t failures = 0;
    for (const JunitCase& test : suite.cases) {
      failures += test.failures.size();
    }
    Append(&out, "<testsuite name=\"", XmlEscaped(suite.name), "\" tests=\"", suite.cases.size(), "\" failures=\"", failures,
           "\" errors=\"", suite.errors, "\" skipped=\"0\" timestamp=\"", suite.timestamp, "\">");
    for (const JunitCase& test : suite.cases) {
      Append(&out, "<testcase name=\"", XmlEscaped(test.name), "\">");
      for (const std::string& failure : test.failures) {
        Append(&out, "<failure>", XmlEscaped(failure), "</failure>");
      }
      if (!test.error.empty()) {
        Append(&out, "<error>", XmlEscaped(test.error), "</error>");
      }
      out += "</testcase>";
    }
    out += "</testsuite>";
  }
  return out + "</testsuites>";
}

}  // namespace tocsin::rules
