#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

struct JunitCase {
  std::string name;
  std::vector<std::string> failures;
  std::string error;
};

/// One test file in a JUnit report.
struct JunitSuite {
  std::string name;
  std::string timestamp;
  std::vector<JunitCase> cases;
  int errors = 0;

  /// The file could not be run at all.
  void Abort(std::string_view error) {
    cases.push_back(JunitCase{"unknown", {}, std::string(error)});
    ++errors;
  }
};

/// The XML document, as promtool writes it.
std::string JunitXml(const std::vector<JunitSuite>& suites);

}  // namespace tocsin::rules
