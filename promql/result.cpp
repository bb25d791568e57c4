#include "promql/result.h"

#include <algorithm>

#include "base/status.h"
#include "promql/exec/duplicates.h"
#include "promql/functions/extended_rate.h"

namespace tocsin::promql {

namespace {

/// What a sample of a range's result takes as a point and as text.
constexpr int64_t kResultBytes = static_cast<int64_t>(sizeof(Point)) + 40;
/// And a series of it.
constexpr int64_t kResultSeriesBytes = 300;

/// The end of delayed name removal: names go, and what is then equal must not meet at a step.
absl::Status DropDelayedNames(QueryContext& context, std::vector<SeriesHead>* heads, Columns* columns) {
  RETURN_IF_ERROR(RemoveNames(context, heads));
  if (!context.features.delayed_name_removal) {
    return absl::OkStatus();
  }
  for (SeriesHead& head : *heads) {
    if (head.drop_name) {
      head.labels = WithoutMetadataLabels(head.labels);
      head.drop_name = false;
    }
  }
  return MergeEqualSeriesAlways(heads, columns);
}

void SortByLabels(Matrix* matrix) {
  const auto less = [](const MatrixSeries& a, const MatrixSeries& b) { return a.labels < b.labels; };
  if (!std::is_sorted(matrix->begin(), matrix->end(), less)) {
    std::sort(matrix->begin(), matrix->end(), less);
  }
}

Point PointAt(const Columns& columns, size_t row, size_t step, TimestampMs t) {
  Point point;
  point.t = t;
  if (columns.histogram(row, step) != nullptr) {
    point.histogram = columns.histogram_ptr(row, step);
  } else {
    point.value = columns.row(row)[step];
  }
  return point;
}

Matrix ToMatrix(std::vector<SeriesHead> heads, const Columns& columns, const StepRange& steps) {
  Matrix matrix;
  matrix.reserve(heads.size());
  for (size_t row = 0; row < heads.size(); ++row) {
    if (!columns.any(row)) {
      continue;
    }
    MatrixSeries& series = matrix.emplace_back();
    series.labels = std::move(heads[row].labels);
    series.points.reserve(columns.count(row));
    columns.ForEach(row, [&](size_t step) { series.points.push_back(PointAt(columns, row, step, steps.at(step))); });
  }
  SortByLabels(&matrix);
  return matrix;
}

/// The floats of an anchored or smoothed range, with values at its very bounds in place of the samples outside.
void ExtendFloats(const std::vector<TimestampMs>& t, const std::vector<double>& v, TimestampMs begin, TimestampMs end, bool smoothed,
                  std::vector<Point>* out) {
  size_t last = t.size() - 1;
  const auto last_it = t.begin() + static_cast<ptrdiff_t>(last);
  const auto after = std::upper_bound(t.begin(), last_it, begin);
  size_t first = after == t.begin() ? 0 : static_cast<size_t>(after - t.begin()) - 1;
  if (smoothed) {
    last = static_cast<size_t>(std::lower_bound(t.begin(), last_it, end) - t.begin());
  }
  if (t[last] <= begin) {
    return;
  }
  const double left =
      smoothed && t[first] < begin ? InterpolateFloat(t[first], v[first], t[first + 1], v[first + 1], begin, false) : v[first];
  const double right =
      smoothed && last > 0 && t[last] > end ? InterpolateFloat(t[last - 1], v[last - 1], t[last], v[last], end, false) : v[last];
  out->push_back({begin, left, nullptr});
  for (size_t i = t[first] <= begin ? first + 1 : first; i < (t[last] >= end ? last : last + 1); ++i) {
    out->push_back({t[i], v[i], nullptr});
  }
  out->push_back({end, right, nullptr});
}

void AppendSamples(const RangeBuffer& range, std::vector<Point>* points) {
  const Window& window = range.windows[0];
  for (uint32_t i = window.float_begin; i < window.float_end; ++i) {
    points->push_back({range.float_t[i], range.float_v[i], nullptr});
  }
  const auto floats = static_cast<ptrdiff_t>(points->size());
  for (uint32_t i = window.histogram_begin; i < window.histogram_end; ++i) {
    points->push_back({range.histogram_t[i], 0, range.histogram_v[i]});
  }
  std::inplace_merge(points->begin(), points->begin() + floats, points->end(), [](const Point& a, const Point& b) { return a.t < b.t; });
}

int64_t CountPoints(const std::vector<Point>& points) {
  int64_t count = 0;
  for (const Point& point : points) {
    count += point.histogram == nullptr ? 1 : HistogramSampleWeight(*point.histogram);
  }
  return count;
}

}  // namespace

absl::StatusOr<Value> ReadResult(QueryContext& context, Operator& root, bool is_range, bool is_scalar) {
  Columns columns;
  RETURN_IF_ERROR(TakeAll(context, root, &columns));
  std::vector<SeriesHead> heads = root.TakeHeads();
  RETURN_IF_ERROR(DropDelayedNames(context, &heads, &columns));
  const StepRange& steps = root.steps();
  RETURN_IF_ERROR(context.MakeRoomForBytes(static_cast<int64_t>(heads.size()) * kResultSeriesBytes));
  if (is_range) {
    RETURN_IF_ERROR(context.MakeRoomForBytes(columns.SampleCount(0, columns.rows()) * kResultBytes));
    return Value(ToMatrix(std::move(heads), columns, steps));
  }
  if (is_scalar) {
    return Value(Scalar{steps.start, columns.row(0)[0]});
  }
  Vector vector;
  for (size_t row = 0; row < heads.size(); ++row) {
    if (columns.has(row, 0)) {
      vector.push_back({std::move(heads[row].labels), PointAt(columns, row, 0, steps.start), false});
    }
  }
  return Value(std::move(vector));
}

absl::StatusOr<Value> ReadRangeResult(QueryContext& context, RangeSource& source, const StepRange& steps, const Expr& expr) {
  const VectorSelector* selector =
      expr.kind == NodeKind::kMatrixSelector ? static_cast<const MatrixSelector&>(expr).vector_selector.get() : nullptr;
  const bool anchored = selector != nullptr && selector->anchored;
  const bool smoothed = selector != nullptr && selector->smoothed;
  std::vector<SeriesHead> heads = source.TakeHeads();
  Matrix matrix;
  Block block;
  for (size_t i = 0; i < source.size(); ++i) {
    RETURN_IF_ERROR(context.Check());
    RETURN_IF_ERROR(source.Load(i, source.size(), /*start_timestamps=*/false, &block));
    MatrixSeries series;
    if (anchored || smoothed) {
      if (!block.range.histogram_t.empty()) {
        return ExecutionError(anchored ? "anchored modifier is not supported with histograms"
                                       : "smoothed modifier is not supported with histograms");
      }
      const TimestampMs end = source.shape().reference.At(steps.start);
      if (!block.range.float_t.empty()) {
        ExtendFloats(block.range.float_t, block.range.float_v, end - source.shape().range_ms, end, smoothed, &series.points);
      }
    } else {
      AppendSamples(block.range, &series.points);
    }
    if (series.points.empty()) {
      continue;
    }
    const int64_t count = CountPoints(series.points);
    context.stats.AddTotal(count);
    context.stats.AddRead(count);
    RETURN_IF_ERROR(context.Hold(count));
    series.labels = heads[i].drop_name ? WithoutMetadataLabels(heads[i].labels) : std::move(heads[i].labels);
    matrix.push_back(std::move(series));
  }
  SortByLabels(&matrix);
  for (size_t i = 1; i < matrix.size(); ++i) {
    if (matrix[i].labels == matrix[i - 1].labels) {
      return DuplicateLabelsetError();
    }
  }
  return Value(std::move(matrix));
}

}  // namespace tocsin::promql
