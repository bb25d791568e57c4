#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tocsin::test {

/// A request and its answer in a file of tests/api/golden:
///
///   GET /api/v1/query?query=1&time=@END@
///     200 application/json
///     {"status":"success", ...}
///
/// A line that begins with "~ " is instead a regular expression that must be found in the body; such lines are kept when goldens are
/// rewritten. Lines with '#' before a request are comments.
struct GoldenCase {
  std::vector<std::string> comments;
  std::string request;
  std::vector<std::string> answer;  ///< status and type, then the lines of the body
};

/// Throws nothing; what is before the first request and no comment fails the calling test.
std::vector<GoldenCase> ReadGolden(const std::string& path);
void WriteGolden(const std::string& path, const std::vector<GoldenCase>& cases);

/// What differs between two runs, such as times and ports, made the same: each pattern is replaced everywhere.
std::string Masked(std::string text, const std::vector<std::pair<std::string, std::string>>& masks);

}  // namespace tocsin::test
