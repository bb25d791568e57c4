#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::api {

enum class FuzzAlgorithm { kSubsequence, kJaroWinkler };

struct SearchTerms {
  std::vector<std::string> terms;  // an empty one counts for nothing
  FuzzAlgorithm algorithm = FuzzAlgorithm::kSubsequence;
  double threshold = 0;  // 0 to 1
  bool case_sensitive = true;
};

/// How well names and values fit what people type, with upstream's measures (util/strutil, web/api/v1/search_filters.go of
/// Prometheus 3.14), so that clients may compare scores: 1 is the best.
///   subsequence    all characters in order; runs of neighbours count by their square, gaps cost
///   jarowinkler    a substring, better the earlier it stands; else (with a threshold) the Jaro-Winkler similarity
///                  (W. E. Winkler, "String Comparator Metrics and Enhanced Decision Rules", 1990)
class SearchFilter {
 public:
  explicit SearchFilter(SearchTerms terms);

  /// True when some term fits (or there is none); `score` is the best one's.
  bool Accepts(std::string_view text, double* score) const;

 private:
  using Runes = std::vector<char32_t>;
  struct Term {
    std::string text;
    Runes runes;
  };

  bool AcceptsTerm(const Term& term, std::string_view text, const Runes& runes, double* score) const;

  std::vector<Term> terms_;
  FuzzAlgorithm algorithm_;
  double threshold_;
  bool case_sensitive_;
};

}  // namespace tocsin::api
