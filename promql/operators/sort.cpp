#include "promql/operators/sort.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/status.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes the first run of digits or of other characters off `*text`.
std::string_view TakeRun(std::string_view* text) {
  size_t end = 1;
  while (end < text->size() && IsDigit((*text)[end]) == IsDigit((*text)[0])) {
    ++end;
  }
  const std::string_view run = text->substr(0, end);
  text->remove_prefix(end);
  return run;
}

std::optional<int64_t> AsNumber(std::string_view run) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(run.data(), run.data() + run.size(), value);
  if (error != std::errc() || end != run.data() + run.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view run_a = TakeRun(&a);
    const std::string_view run_b = TakeRun(&b);
    const std::optional<int64_t> number_a = AsNumber(run_a);
    const std::optional<int64_t> number_b = AsNumber(run_b);
    if (number_a.has_value() && number_b.has_value()) {
      if (*number_a != *number_b) {
        return *number_a < *number_b;
      }
    } else if (run_a != run_b) {
      return run_a < run_b;
    }
  }
  return a.empty();
}

absl::Status SortOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  heads_ = child_->TakeHeads();
  distinct_without_name_ = child_->distinct_without_name();
  RETURN_IF_ERROR(TakeAll(context(), *child_, &result_));
  RETURN_IF_ERROR(RemoveNames(context(), &heads_));
  if (!by_label_ && result_.has_histograms()) {
    DropHistograms();
  }
  if (!steps().is_instant()) {
    annotator().Add(SortInRangeQuery(site().pos));
    return Finish(held_before);
  }
  DropAbsentRows(&heads_, &result_);
  const std::vector<size_t> order = Order();
  std::vector<SeriesHead> heads;
  Columns sorted;
  RETURN_IF_ERROR(context().MakeRoom(order.size(), steps().count()));
  sorted.Reset(order.size(), steps().count());
  for (size_t i = 0; i < order.size(); ++i) {
    heads.push_back(std::move(heads_[order[i]]));
    sorted.CopyRow(i, result_, order[i]);
  }
  heads_ = std::move(heads);
  result_ = std::move(sorted);
  return Finish(held_before);
}

void SortOperator::DropHistograms() {
  for (size_t row = 0; row < result_.rows(); ++row) {
    result_.ForEach(row, [&](size_t step) {
      if (result_.histogram(row, step) != nullptr) {
        result_.Clear(row, step);
      }
    });
  }
}

std::vector<size_t> SortOperator::Order() const {
  std::vector<size_t> order(heads_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (by_label_) {
    std::stable_sort(order.begin(), order.end(), [this](size_t a, size_t b) {
      const int comparison = CompareLabels(heads_[a].labels, heads_[b].labels);
      return descending_ ? comparison > 0 : comparison < 0;
    });
    return order;
  }
  std::stable_sort(order.begin(), order.end(), [this](size_t a, size_t b) {
    const double value_a = result_.row(a)[0];
    const double value_b = result_.row(b)[0];
    if (std::isnan(value_a) || std::isnan(value_b)) {
      return std::isnan(value_b) && !std::isnan(value_a);
    }
    return descending_ ? value_a > value_b : value_a < value_b;
  });
  return order;
}

int SortOperator::CompareLabels(const Labels& a, const Labels& b) const {
  for (const std::string& name : labels_) {
    const std::string_view value_a = a.Get(name);
    const std::string_view value_b = b.Get(name);
    if (value_a != value_b) {
      return NaturalLess(value_a, value_b) ? -1 : 1;
    }
  }
  const std::strong_ordering order = a <=> b;
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace tocsin::promql
