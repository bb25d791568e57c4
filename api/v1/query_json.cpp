#include "api/v1/query_json.h"

#include <algorithm>

#include "base/model/histogram_bucket.h"
#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin::api {
namespace {

using promql::Point;

/// Which ends belong to the bucket: 0 the upper one, 1 the lower one, 2 none, 3 both.
int BoundariesCode(const HistogramBucket& bucket) {
  if (bucket.lower_inclusive) {
    return bucket.upper_inclusive ? 3 : 1;
  }
  return bucket.upper_inclusive ? 0 : 2;
}

void WritePoint(const Point& point, JsonWriter* json) {
  json->BeginArray();
  json->Timestamp(point.t);
  if (point.histogram != nullptr) {
    WriteHistogram(*point.histogram, json);
  } else {
    json->SampleValue(point.value);
  }
  json->EndArray();
}

/// Vectors have hundreds of thousands of these: the keys are texts, not made of their parts.
void WriteSample(const promql::VectorSample& sample, std::string* out) {
  out->append(R"({"metric":)");
  JsonWriter(out).LabelSet(sample.labels);
  out->append(sample.point.histogram != nullptr ? R"(,"histogram":)" : R"(,"value":)");
  JsonWriter json(out);
  WritePoint(sample.point, &json);
  out->push_back('}');
}

/// The points of one kind under their key; nothing when there are none.
void WritePoints(std::string_view key, const std::vector<Point>& points, bool histograms, JsonWriter* json) {
  bool open = false;
  for (const Point& point : points) {
    if ((point.histogram != nullptr) != histograms) {
      continue;
    }
    if (!open) {
      json->Key(key);
      json->BeginArray();
      open = true;
    }
    WritePoint(point, json);
  }
  if (open) {
    json->EndArray();
  }
}

void WriteSeries(const promql::MatrixSeries& series, std::string* out) {
  JsonWriter writer(out);
  JsonWriter* json = &writer;
  json->BeginObject();
  json->Key("metric");
  json->LabelSet(series.labels);
  WritePoints("values", series.points, false, json);
  WritePoints("histograms", series.points, true, json);
  json->EndObject();
}

size_t CountPoints(const promql::Value& value) {
  if (const auto* vector = std::get_if<promql::Vector>(&value)) {
    return vector->size();
  }
  size_t points = 0;
  if (const auto* matrix = std::get_if<promql::Matrix>(&value)) {
    for (const promql::MatrixSeries& series : *matrix) {
      points += series.points.size() + 1;
    }
  }
  return points;
}

/// The elements of a vector or matrix, a part at a time.
class ElementWriter {
 public:
  explicit ElementWriter(std::shared_ptr<const promql::QueryResult> result) : result_(std::move(result)) {}

  /// Writes elements until all are written (false) or `out` has grown to `bytes`.
  bool Write(size_t bytes, std::string* out) {
    const auto* vector = std::get_if<promql::Vector>(&result_->value);
    const auto* matrix = std::get_if<promql::Matrix>(&result_->value);
    const size_t count = vector != nullptr ? vector->size() : matrix->size();
    while (next_ < count && out->size() < bytes) {
      if (next_ > 0) {
        out->push_back(',');
      }
      if (vector != nullptr) {
        WriteSample((*vector)[next_], out);
      } else {
        WriteSeries((*matrix)[next_], out);
      }
      ++next_;
    }
    return next_ < count;
  }

 private:
  std::shared_ptr<const promql::QueryResult> result_;
  size_t next_ = 0;
};

std::string DataEnd(const std::string& stats_json) { return stats_json.empty() ? "}" : Cat(",\"stats\":", stats_json, "}"); }

void WritePerStep(std::string_view key, const std::vector<int64_t>& counts, const promql::QueryRequest& request, JsonWriter* json) {
  if (counts.empty()) {
    return;
  }
  json->Key(key);
  json->BeginArray();
  for (size_t i = 0; i < counts.size(); ++i) {
    json->BeginArray();
    json->Timestamp(request.start + static_cast<int64_t>(i) * request.step_ms);
    json->Int(counts[i]);
    json->EndArray();
  }
  json->EndArray();
}

/// What each operator of the plan did, parents before their children.
void WriteOperators(std::span<const promql::OperatorStats> operators, JsonWriter* json) {
  if (operators.empty()) {
    return;
  }
  json->Key("operators");
  json->BeginArray();
  for (const promql::OperatorStats& one : operators) {
    json->BeginObject();
    json->Key("depth");
    json->Int(one.depth);
    json->Field("operator", one.description);
    json->Key("series");
    json->Int(one.series);
    json->Key("samples");
    json->Int(one.samples);
    json->Key("openTime");
    json->Float(one.open_seconds);
    json->Key("readTime");
    json->Float(one.read_seconds);
    json->EndObject();
  }
  json->EndArray();
}

}  // namespace

void WriteHistogram(const FloatHistogram& histogram, JsonWriter* json) {
  json->BeginObject();
  json->Key("count");
  json->SampleValue(histogram.count);
  json->Key("sum");
  json->SampleValue(histogram.sum);
  bool open = false;
  VisitAscending(histogram, [&](const BucketRef& ref) {
    if (ref.count == 0) {
      return true;
    }
    if (!open) {
      json->Key("buckets");
      json->BeginArray();
      open = true;
    }
    const HistogramBucket bucket = MakeBucket(histogram, ref);
    json->BeginArray();
    json->Int(BoundariesCode(bucket));
    json->SampleValue(bucket.lower);
    json->SampleValue(bucket.upper);
    json->SampleValue(bucket.count);
    json->EndArray();
    return true;
  });
  if (open) {
    json->EndArray();
  }
  json->EndObject();
}

void WriteQueryData(std::shared_ptr<const promql::QueryResult> result, std::string stats_json, Result* out) {
  const promql::Value& value = result->value;
  Append(&out->data, "{\"resultType\":\"", promql::ValueTypeName(value), "\",\"result\":");
  if (const auto* scalar = std::get_if<promql::Scalar>(&value)) {
    // Unlike samples, scalars never turn to the 'e' form, and their time is a number like any other.
    JsonWriter json(&out->data);
    json.BeginArray();
    json.Float(static_cast<double>(scalar->t) / 1000);
    json.String(GoFloat(scalar->value, 'f'));
    json.EndArray();
  } else if (const auto* text = std::get_if<promql::StringResult>(&value)) {
    JsonWriter json(&out->data);
    json.BeginArray();
    json.Float(static_cast<double>(text->t) / 1000);
    json.String(text->text);
    json.EndArray();
  } else {
    const size_t points = CountPoints(value);
    auto writer = std::make_shared<ElementWriter>(std::move(result));
    out->data.push_back('[');
    if (points >= kStreamedPointsMin) {
      out->more_data = [writer, end = Cat("]", DataEnd(stats_json))](std::string* chunk) {
        const bool more = writer->Write(chunk->size() + kStreamedPartBytes, chunk);
        if (!more) {
          chunk->append(end);
        }
        return more;
      };
      return;
    }
    writer->Write(SIZE_MAX, &out->data);
    out->data.push_back(']');
  }
  out->data += DataEnd(stats_json);
}

std::string QueryStatsJson(const promql::QueryStats& stats, const promql::QueryRequest& request,
                           std::span<const promql::OperatorStats> operators) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("timings");
  json.BeginObject();
  const std::pair<std::string_view, double> timings[] = {{"evalTotalTime", stats.eval_total_seconds},
                                                         {"resultSortTime", stats.result_sort_seconds},
                                                         {"queryPreparationTime", stats.query_preparation_seconds},
                                                         {"innerEvalTime", stats.inner_eval_seconds},
                                                         {"execQueueTime", stats.exec_queue_seconds},
                                                         {"execTotalTime", stats.exec_total_seconds}};
  for (const auto& [key, seconds] : timings) {
    json.Key(key);
    json.Float(seconds);
  }
  json.EndObject();
  json.Key("samples");
  json.BeginObject();
  WritePerStep("totalQueryableSamplesPerStep", stats.total_samples_per_step, request, &json);
  json.Key("totalQueryableSamples");
  json.Int(stats.total_queryable_samples);
  json.Key("samplesRead");
  json.Int(stats.samples_read);
  json.Key("peakSamples");
  json.Int(stats.peak_samples);
  json.EndObject();
  WriteOperators(operators, &json);
  json.EndObject();
  return out;
}

}  // namespace tocsin::api
