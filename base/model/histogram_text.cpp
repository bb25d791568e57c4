#include <string>

#include "base/model/float_histogram.h"
#include "base/model/histogram_bucket.h"
#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

std::string_view HintWord(CounterResetHint hint) {
  switch (hint) {
    case CounterResetHint::kReset:
      return "reset";
    case CounterResetHint::kNotReset:
      return "not_reset";
    case CounterResetHint::kGauge:
      return "gauge";
    default:
      return "";
  }
}

void AppendItem(std::string_view key, std::string_view value, std::string* out) {
  if (out->size() > 2) {
    *out += ' ';
  }
  Append(out, key, ":", value);
}

void AppendNumberUnlessZero(std::string_view key, double value, std::string* out) {
  if (value != 0) {
    AppendItem(key, GoFloat(value, 'g'), out);
  }
}

std::string NumberList(const std::vector<double>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) {
      text += ' ';
    }
    AppendGoFloat(values[i], 'g', -1, &text);
  }
  return text + "]";
}

void AppendSide(std::string_view counts_key, std::string_view offset_key, const std::vector<Span>& spans, const std::vector<double>& counts,
                std::string* out) {
  if (!spans.empty() && spans[0].offset != 0) {
    AppendItem(offset_key, Cat(spans[0].offset), out);
  }
  if (!counts.empty()) {
    AppendItem(counts_key, NumberList(counts), out);
  }
}

}  // namespace

std::string HistogramToString(const FloatHistogram& h) {
  std::string text = "{count:";
  AppendGoFloat(h.count, 'g', -1, &text);
  text += ", sum:";
  AppendGoFloat(h.sum, 'g', -1, &text);
  VisitAscending(h, [&](const BucketRef& ref) {
    if (ref.count != 0 && ref.part != BucketPart::kZero) {
      const HistogramSide side = ref.part == BucketPart::kPositive ? HistogramSide::kPositive : HistogramSide::kNegative;
      Append(&text, ", ", MakeBucket(h, side, ref.index, ref.count).ToString());
    } else if (ref.count != 0) {
      Append(&text, ", ", ZeroBucket(h).ToString());
    }
    return true;
  });
  return text + "}";
}

std::string HistogramTestExpression(const FloatHistogram& h) {
  FloatHistogram m = h;
  CompactHistogram(&m, kMaxExpressionGap);
  if (m.positive_spans.size() > 1 || m.negative_spans.size() > 1) {
    return HistogramToString(h);
  }
  std::string text = "{{";
  if (m.schema != 0) {
    AppendItem("schema", Cat(m.schema), &text);
  }
  AppendNumberUnlessZero("count", m.count, &text);
  AppendNumberUnlessZero("sum", m.sum, &text);
  AppendNumberUnlessZero("z_bucket", m.zero_count, &text);
  AppendNumberUnlessZero("z_bucket_w", m.zero_threshold, &text);
  if (m.uses_custom_buckets()) {
    AppendItem("custom_values", NumberList(m.custom_values), &text);
  }
  if (m.counter_reset_hint != CounterResetHint::kUnknown) {
    AppendItem("counter_reset_hint", HintWord(m.counter_reset_hint), &text);
  }
  AppendSide("buckets", "offset", m.positive_spans, m.positive_buckets, &text);
  AppendSide("n_buckets", "n_offset", m.negative_spans, m.negative_buckets, &text);
  return text + "}}";
}

}  // namespace tocsin
