#include "promql/histogram_description.h"

#include <set>
#include <utility>

#include "base/strings.h"
#include "promql/number_literal.h"

namespace tocsin::promql {
namespace {

std::string_view HistogramKeyText(TokenKind key) {
  switch (key) {
    case TokenKind::kSumDesc:
      return "sum";
    case TokenKind::kCountDesc:
      return "count";
    case TokenKind::kSchemaDesc:
      return "schema";
    case TokenKind::kOffsetDesc:
      return "offset";
    case TokenKind::kNegativeOffsetDesc:
      return "n_offset";
    case TokenKind::kBucketsDesc:
      return "buckets";
    case TokenKind::kNegativeBucketsDesc:
      return "n_buckets";
    case TokenKind::kZeroBucketDesc:
      return "z_bucket";
    case TokenKind::kZeroBucketWidthDesc:
      return "z_bucket_w";
    case TokenKind::kCustomValuesDesc:
      return "custom_values";
    default:
      return "counter_reset_hint";
  }
}

bool IsHistogramKey(TokenKind kind) { return kind >= TokenKind::kSumDesc && kind <= TokenKind::kCounterResetHintDesc; }

std::vector<Span> OneSpan(int64_t offset, size_t length) {
  if (length == 0) {
    return {};
  }
  return {Span{static_cast<int32_t>(offset), static_cast<uint32_t>(length)}};
}

}  // namespace

struct HistogramDescriptionParser::Fields {
  std::set<TokenKind> keys;
  int64_t schema = 0;
  int64_t offset = 0;
  int64_t negative_offset = 0;
  FloatHistogram histogram;
};

std::optional<DescribedHistogram> HistogramDescriptionParser::Parse() {
  tokens_.Take();
  Fields fields;
  if (tokens_.TakeIf(TokenKind::kSpace)) {
    if (!tokens_.Expect(TokenKind::kCloseHist)) {
      return std::nullopt;
    }
  } else if (!tokens_.TakeIf(TokenKind::kCloseHist) && !ParseFields(&fields)) {
    return std::nullopt;
  }
  FloatHistogram& histogram = fields.histogram;
  histogram.schema = static_cast<int32_t>(fields.schema);
  histogram.positive_spans = OneSpan(fields.offset, histogram.positive_buckets.size());
  histogram.negative_spans = OneSpan(fields.negative_offset, histogram.negative_buckets.size());
  return DescribedHistogram{std::move(histogram), fields.keys.contains(TokenKind::kCounterResetHintDesc)};
}

// The keys and "}}". Errors behind the first key are reported here.
bool HistogramDescriptionParser::ParseFields(Fields* fields) {
  if (!tokens_.Need(IsHistogramKey) || !ParseField(fields)) {
    return false;
  }
  const auto fits = [](TokenKind kind) { return kind == TokenKind::kSpace || kind == TokenKind::kCloseHist; };
  const auto report = [this] {
    return tokens_.CatchUnexpected("histogram description", "histogram description key, e.g. buckets:[5 10 7]");
  };
  while (true) {
    if (!tokens_.Need(fits) && (!report() || !tokens_.Need(fits))) {
      return false;
    }
    tokens_.TakeIf(TokenKind::kSpace);
    if (tokens_.TakeIf(TokenKind::kCloseHist)) {
      return true;
    }
    if ((!IsHistogramKey(tokens_.Peek()) || !ParseField(fields)) && !report()) {
      return false;
    }
  }
}

bool HistogramDescriptionParser::ParseField(Fields* fields) {
  const TokenKind key = tokens_.Take().kind;
  Fields value;
  if (!tokens_.Expect(TokenKind::kColon)) {
    return false;
  }
  const bool is_new = fields->keys.insert(key).second;
  if (!ParseFieldValue(key, is_new ? fields : &value)) {
    return false;
  }
  if (!is_new) {
    tokens_.Report({}, Cat("duplicate key \"", HistogramKeyText(key), "\" in histogram"));
  }
  return true;
}

bool HistogramDescriptionParser::ParseFieldValue(TokenKind key, Fields* fields) {
  FloatHistogram& histogram = fields->histogram;
  switch (key) {
    case TokenKind::kSchemaDesc:
      return ParseInteger(&fields->schema);
    case TokenKind::kOffsetDesc:
      return ParseInteger(&fields->offset);
    case TokenKind::kNegativeOffsetDesc:
      return ParseInteger(&fields->negative_offset);
    case TokenKind::kSumDesc:
      return ParseSignedNumber(&histogram.sum);
    case TokenKind::kCountDesc:
      return ParseSignedNumber(&histogram.count);
    case TokenKind::kZeroBucketDesc:
      return ParseSignedNumber(&histogram.zero_count);
    case TokenKind::kZeroBucketWidthDesc:
      return ParseUnsignedNumber(&histogram.zero_threshold);
    case TokenKind::kBucketsDesc:
      return ParseBuckets(&histogram.positive_buckets);
    case TokenKind::kNegativeBucketsDesc:
      return ParseBuckets(&histogram.negative_buckets);
    case TokenKind::kCustomValuesDesc:
      return ParseBuckets(&histogram.custom_values);
    default:
      return ParseHint(fields);
  }
}

bool HistogramDescriptionParser::ParseUnsignedNumber(double* value) {
  if (!tokens_.Need([](TokenKind kind) { return kind == TokenKind::kNumber || kind == TokenKind::kDuration; })) {
    return false;
  }
  const Token token = tokens_.Take();
  const absl::StatusOr<double> number = ParseNumberToken(token);
  if (!number.ok()) {
    tokens_.Report(token.range(), std::string(Message(number.status())));
  }
  *value = number.value_or(0);
  return true;
}

bool HistogramDescriptionParser::ParseSignedNumber(double* value) {
  const bool minus = tokens_.TakeIf(TokenKind::kSub);
  if (!minus) {
    tokens_.TakeIf(TokenKind::kAdd);
  }
  if (!ParseUnsignedNumber(value)) {
    return false;
  }
  if (minus) {
    *value = -*value;
  }
  return true;
}

bool HistogramDescriptionParser::ParseInteger(int64_t* value) {
  const bool minus = tokens_.TakeIf(TokenKind::kSub);
  if (!tokens_.Need(TokenKind::kNumber)) {
    return false;
  }
  const Token token = tokens_.Take();
  const absl::StatusOr<uint64_t> number = ParseGoUint(token.text);
  if (!number.ok()) {
    tokens_.Report(token.range(), Cat("invalid repetition in series values: ", Message(number.status())));
  }
  const auto magnitude = number.value_or(0);
  *value = static_cast<int64_t>(minus ? 0 - magnitude : magnitude);
  return true;
}

// [5 10 7]. What does not belong there is skipped silently, as upstream does.
bool HistogramDescriptionParser::ParseBuckets(std::vector<double>* buckets) {
  if (!tokens_.Expect(TokenKind::kLeftBracket)) {
    return false;
  }
  const auto fits = [](TokenKind kind) { return kind == TokenKind::kSpace || kind == TokenKind::kRightBracket; };
  bool number_needed = true;
  while (true) {
    double value = 0;
    if (ParseSignedNumber(&value)) {
      buckets->push_back(value);
    } else if (number_needed || !tokens_.Catch()) {
      return false;
    }
    number_needed = false;
    if (!tokens_.Need(fits) && (!tokens_.Catch() || !tokens_.Need(fits))) {
      return false;
    }
    tokens_.TakeIf(TokenKind::kSpace);
    if (tokens_.TakeIf(TokenKind::kRightBracket)) {
      return true;
    }
  }
}

bool HistogramDescriptionParser::ParseHint(Fields* fields) {
  if (!tokens_.Need([](TokenKind kind) { return kind >= TokenKind::kHintUnknown; })) {
    return false;
  }
  switch (tokens_.Take().kind) {
    case TokenKind::kHintReset:
      fields->histogram.counter_reset_hint = CounterResetHint::kReset;
      break;
    case TokenKind::kHintNotReset:
      fields->histogram.counter_reset_hint = CounterResetHint::kNotReset;
      break;
    case TokenKind::kHintGauge:
      fields->histogram.counter_reset_hint = CounterResetHint::kGauge;
      break;
    default:
      fields->histogram.counter_reset_hint = CounterResetHint::kUnknown;
      break;
  }
  return true;
}

}  // namespace tocsin::promql
