#include "promql/exec/columns.h"

#include <algorithm>

namespace tocsin::promql {

namespace {

/// The bits of the last word that stand for steps.
uint64_t TailMask(size_t steps) {
  const size_t rest = steps & 63;
  return rest == 0 ? ~uint64_t{0} : (uint64_t{1} << rest) - 1;
}

}  // namespace

void Columns::Reset(size_t rows, size_t steps) {
  rows_ = rows;
  steps_ = steps;
  words_ = (steps + 63) / 64;
  values_.resize(rows * steps);
  bits_.assign(rows * words_, 0);
  histograms_.clear();
}

bool Columns::any(size_t i) const {
  const uint64_t* words = bits(i);
  for (size_t w = 0; w < words_; ++w) {
    if (words[w] != 0) {
      return true;
    }
  }
  return false;
}

bool Columns::full(size_t i) const {
  if (!histograms_.empty() || words_ == 0) {
    return false;
  }
  const uint64_t* words = bits(i);
  for (size_t w = 0; w + 1 < words_; ++w) {
    if (words[w] != ~uint64_t{0}) {
      return false;
    }
  }
  return words[words_ - 1] == TailMask(steps_);
}

size_t Columns::count(size_t i) const {
  const uint64_t* words = bits(i);
  size_t n = 0;
  for (size_t w = 0; w < words_; ++w) {
    n += static_cast<size_t>(std::popcount(words[w]));
  }
  return n;
}

void Columns::SetAll(size_t i) {
  uint64_t* words = bits(i);
  for (size_t w = 0; w < words_; ++w) {
    words[w] = w + 1 == words_ ? TailMask(steps_) : ~uint64_t{0};
  }
}

void Columns::ClearRow(size_t i) { std::fill_n(bits(i), words_, 0); }

void Columns::SetHistogram(size_t i, size_t step, HistogramPtr histogram) {
  if (histograms_.empty()) {
    histograms_.resize(rows_ * steps_);
  }
  histograms_[i * steps_ + step] = std::move(histogram);
  bits(i)[step >> 6] |= uint64_t{1} << (step & 63);
}

void Columns::SetFloat(size_t i, size_t step, double value) {
  Set(i, step, value);
  if (!histograms_.empty()) {
    histograms_[i * steps_ + step] = nullptr;
  }
}

void Columns::CopyRow(size_t i, const Columns& from, size_t from_row) {
  std::copy_n(from.row(from_row), steps_, row(i));
  std::copy_n(from.bits(from_row), words_, bits(i));
  if (from.has_histograms()) {
    if (histograms_.empty()) {
      histograms_.resize(rows_ * steps_);
    }
    std::copy_n(from.histograms_.data() + from_row * steps_, steps_, histograms_.data() + i * steps_);
  } else if (!histograms_.empty()) {
    std::fill_n(histograms_.data() + i * steps_, steps_, nullptr);
  }
}

void Columns::Compact(const std::vector<bool>& keep) {
  size_t to = 0;
  for (size_t i = 0; i < rows_; ++i) {
    if (!keep[i]) {
      continue;
    }
    if (to != i) {
      std::copy_n(row(i), steps_, row(to));
      std::copy_n(bits(i), words_, bits(to));
      if (!histograms_.empty()) {
        std::move(histograms_.data() + i * steps_, histograms_.data() + (i + 1) * steps_, histograms_.data() + to * steps_);
      }
    }
    ++to;
  }
  rows_ = to;
  values_.resize(to * steps_);
  bits_.resize(to * words_);
  if (!histograms_.empty()) {
    histograms_.resize(to * steps_);
  }
}

int64_t Columns::SampleCount(size_t first, size_t count) const {
  int64_t total = 0;
  for (size_t i = first; i < first + count; ++i) {
    if (histograms_.empty()) {
      total += static_cast<int64_t>(this->count(i));
      continue;
    }
    ForEach(i, [&](size_t step) {
      const FloatHistogram* h = histogram(i, step);
      total += h == nullptr ? 1 : HistogramSampleWeight(*h);
    });
  }
  return total;
}

int64_t HistogramSampleWeight(const FloatHistogram& h) {
  constexpr size_t kFixedBytes = 168;  // of upstream's structure, so that limits fall at the same place
  const size_t bytes = kFixedBytes + 8 * (h.positive_spans.size() + h.negative_spans.size() + h.positive_buckets.size() +
                                          h.negative_buckets.size() + h.custom_values.size());
  return static_cast<int64_t>((bytes + 8) / 16);
}

}  // namespace tocsin::promql
