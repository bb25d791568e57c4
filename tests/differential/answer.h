#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::differential {

/// A query's answer, read from the API's JSON.
struct Answer {
  std::string error;  // empty: success
  std::string result_type;

  /// By labels (as JSON) and time: one number for a float, several for a histogram (count, sum, then four a bucket).
  std::map<std::string, std::map<std::string, std::vector<double>>> points;
  std::vector<std::string> annotations;  // warnings and infos, sorted
};

Answer ReadAnswer(const std::string& json);

/// What differs, in words; nothing when the answers agree, numbers to a relative 1e-12.
std::optional<std::string> Difference(const Answer& peer, const Answer& own);

}  // namespace tocsin::differential
