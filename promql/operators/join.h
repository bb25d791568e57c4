#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/exec/operator.h"

namespace tocsin::promql {

/// Which series of two sides belong together: series with the same matching labels have the same signature, a number from 0 on.
struct JoinTable {
  std::vector<uint32_t> left;  // a signature a series
  std::vector<uint32_t> right;
  size_t signatures = 0;
};

JoinTable JoinSeries(const std::vector<SeriesHead>& left, const std::vector<SeriesHead>& right, const VectorMatching& matching);

/// The labels that `matching` compares.
Labels MatchingLabels(const Labels& labels, const VectorMatching& matching);

/// For each signature the steps at which one of its series has a sample, as bitmaps of columns.words() words.
class SignatureSteps {
 public:
  SignatureSteps(size_t signatures, size_t words) : words_(words), bits_(signatures * words) {}

  void Add(size_t signature, const uint64_t* bits) {
    for (size_t w = 0; w < words_; ++w) {
      bits_[signature * words_ + w] |= bits[w];
    }
  }
  uint64_t* bits(size_t signature) { return bits_.data() + signature * words_; }
  const uint64_t* bits(size_t signature) const { return bits_.data() + signature * words_; }
  size_t words() const { return words_; }

 private:
  size_t words_;
  std::vector<uint64_t> bits_;
};

}  // namespace tocsin::promql
