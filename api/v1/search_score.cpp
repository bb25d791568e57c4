#include "api/v1/search_score.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text/quote.h"
#include "engine/relabel/letter_case.h"

namespace tocsin::api {
namespace {

using Runes = std::vector<char32_t>;

/// What is not the same can come near 1, and never reaches it.
constexpr double kNotExact = 0.999;
/// The worst score of a substring, for one at the very end.
constexpr double kSubstringRange = 0.9;
constexpr size_t kWinklerPrefixMax = 4;
constexpr double kWinklerWeight = 0.1;

Runes ToRunes(std::string_view text) {
  Runes runes;
  runes.reserve(text.size());
  while (!text.empty()) {
    const Utf8Rune next = DecodeUtf8(text);
    runes.push_back(next.rune);
    text.remove_prefix(next.length);
  }
  return runes;
}

/// The walk over `text` that takes each character of `pattern` at its first place, begun at `start`, where the first one stands.
/// Nothing: some character is missing.
std::optional<double> ScoreFrom(const Runes& pattern, const Runes& text, size_t start) {
  const double per_rune = 1.0 / static_cast<double>(text.size());
  double score = 0;
  size_t run_end = 0;  // behind the last run
  size_t i = start;
  size_t taken = 0;
  while (taken < pattern.size()) {
    while (i < text.size() && text[i] != pattern[taken]) {
      ++i;
    }
    if (i == text.size()) {
      return std::nullopt;
    }
    const size_t run_start = i;
    while (taken < pattern.size() && i < text.size() && text[i] == pattern[taken]) {
      ++i;
      ++taken;
    }
    score -= static_cast<double>(run_start - run_end) * per_rune;
    score += static_cast<double>((i - run_start) * (i - run_start));
    run_end = i;
  }
  // What is left behind the last run costs half of what a gap costs.
  return score - static_cast<double>(text.size() - run_end) * per_rune * 0.5;
}

/// 0: `pattern` is no subsequence of `text`.
double SubsequenceScore(const Runes& pattern, const Runes& text) {
  if (pattern == text) {
    return 1;
  }
  double best = -1;
  for (size_t start = 0; start + pattern.size() <= text.size(); ++start) {
    if (text[start] != pattern[0]) {
      continue;
    }
    const std::optional<double> score = ScoreFrom(pattern, text, start);
    if (!score.has_value()) {
      break;  // what is missing here is missing further on too
    }
    best = std::max(best, *score);
  }
  return best < 0 ? 0 : best / static_cast<double>(pattern.size() * pattern.size()) * kNotExact;
}

/// Marks the characters of the two that are the same within `distance`; returns how many.
size_t MarkMatches(const Runes& shorter, const Runes& longer, std::vector<bool>* in_shorter, std::vector<bool>* in_longer) {
  const size_t distance = std::max<size_t>(longer.size() / 2, 1) - 1;
  size_t matches = 0;
  for (size_t i = 0; i < shorter.size(); ++i) {
    const size_t end = std::min(i + distance + 1, longer.size());
    for (size_t j = i > distance ? i - distance : 0; j < end; ++j) {
      if (!(*in_longer)[j] && shorter[i] == longer[j]) {
        (*in_shorter)[i] = (*in_longer)[j] = true;
        ++matches;
        break;
      }
    }
  }
  return matches;
}

double JaroWinklerScore(const Runes& term, const Runes& text) {
  if (term == text) {
    return 1;
  }
  const Runes& shorter = term.size() <= text.size() ? term : text;
  const Runes& longer = term.size() <= text.size() ? text : term;
  std::vector<bool> in_shorter(shorter.size());
  std::vector<bool> in_longer(longer.size());
  const auto matches = static_cast<double>(MarkMatches(shorter, longer, &in_shorter, &in_longer));
  if (matches == 0) {
    return 0;
  }
  double out_of_order = 0;
  size_t j = 0;
  for (size_t i = 0; i < shorter.size(); ++i) {
    if (!in_shorter[i]) {
      continue;
    }
    while (!in_longer[j]) {
      ++j;
    }
    out_of_order += shorter[i] != longer[j++] ? 1 : 0;
  }
  const double of_shorter = 1.0 / static_cast<double>(shorter.size());
  const double of_longer = 1.0 / static_cast<double>(longer.size());
  const double jaro = (matches * of_shorter + matches * of_longer + (matches - out_of_order * 0.5) / matches) / 3.0;
  size_t prefix = 0;
  while (prefix < std::min(kWinklerPrefixMax, shorter.size()) && shorter[prefix] == longer[prefix]) {
    ++prefix;
  }
  return jaro + static_cast<double>(prefix) * kWinklerWeight * (1.0 - jaro);
}

/// Nothing: `term` does not stand in `text`.
std::optional<double> SubstringScore(std::string_view term, size_t term_runes, std::string_view text, size_t text_runes) {
  const size_t at = text.find(term);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  if (at == 0 || text_runes <= term_runes) {
    return 1;
  }
  const size_t position = ToRunes(text.substr(0, at)).size();
  return 1.0 - kSubstringRange * static_cast<double>(position) / static_cast<double>(text_runes - term_runes);
}

}  // namespace

SearchFilter::SearchFilter(SearchTerms terms)
    : algorithm_(terms.algorithm), threshold_(terms.threshold), case_sensitive_(terms.case_sensitive) {
  for (std::string& text : terms.terms) {
    if (text.empty()) {
      continue;
    }
    std::string kept = case_sensitive_ ? std::move(text) : ToLowerUtf8(text);
    Runes runes = ToRunes(kept);
    terms_.push_back({.text = std::move(kept), .runes = std::move(runes)});
  }
}

bool SearchFilter::AcceptsTerm(const Term& term, std::string_view text, const Runes& runes, double* score) const {
  if (algorithm_ == FuzzAlgorithm::kSubsequence) {
    *score = text.starts_with(term.text) ? 1 : SubsequenceScore(term.runes, runes);
    return *score > 0 && (*score >= threshold_ || *score == 1);
  }
  if (const std::optional<double> substring = SubstringScore(term.text, term.runes.size(), text, runes.size())) {
    *score = *substring;
    return true;
  }
  *score = threshold_ > 0 && !runes.empty() ? JaroWinklerScore(term.runes, runes) : 0;
  return threshold_ > 0 && *score >= threshold_;
}

bool SearchFilter::Accepts(std::string_view text, double* score) const {
  *score = 1;
  if (terms_.empty()) {
    return true;
  }
  const std::string folded = case_sensitive_ ? std::string() : ToLowerUtf8(text);
  const std::string_view compared = case_sensitive_ ? text : std::string_view(folded);
  const Runes runes = ToRunes(compared);
  bool accepted = false;
  *score = 0;
  for (const Term& term : terms_) {
    double of_term = 0;
    if (AcceptsTerm(term, compared, runes, &of_term)) {
      accepted = true;
      *score = std::max(*score, of_term);
    }
  }
  return accepted;
}

}  // namespace tocsin::api
