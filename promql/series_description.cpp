#include "promql/series_description.h"

#include <optional>
#include <utility>

#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/strings.h"
#include "promql/histogram_description.h"
#include "promql/metric_parser.h"
#include "promql/number_literal.h"
#include "promql/parse_error.h"
#include "promql/token_stream.h"

namespace tocsin::promql {
namespace {

bool StartsNumber(TokenKind kind) {
  return kind == TokenKind::kNumber || kind == TokenKind::kDuration || kind == TokenKind::kAdd || kind == TokenKind::kSub;
}

/// Behind the metric: items separated by space. Functions give false on a syntax error not yet reported.
class SeriesValuesParser {
 public:
  SeriesValuesParser(TokenStream* tokens, std::vector<SequenceValue>* values) : tokens_(*tokens), histograms_(tokens), values_(*values) {}

  bool Parse() {
    const TokenKind first = tokens_.Peek();
    if (first != TokenKind::kSpace && first != TokenKind::kEof && !tokens_.CatchUnexpected("series values", "")) {
      return false;
    }
    while (tokens_.TakeIf(TokenKind::kSpace)) {
      if (!ParseItem()) {
        if (!tokens_.CatchUnexpected("series values", "")) {
          return false;
        }
        values_.clear();
      }
    }
    return true;
  }

 private:
  bool ParseItem() {
    switch (tokens_.Peek()) {
      case TokenKind::kBlank:
        return ParseBlanks();
      case TokenKind::kOpenHist:
        return ParseHistograms();
      case TokenKind::kIdentifier:
        return ParseNumbers();
      default:
        return !StartsNumber(tokens_.Peek()) || ParseNumbers();
    }
  }

  // xN, behind the first value; nothing when there is none.
  bool ParseTimes(std::optional<uint64_t>* times) {
    if (!tokens_.TakeIf(TokenKind::kTimes)) {
      return true;
    }
    if (!tokens_.Need(TokenKind::kNumber)) {
      return false;
    }
    const Token token = tokens_.Take();
    const absl::StatusOr<uint64_t> count = ParseGoUint(token.text);
    if (!count.ok()) {
      tokens_.Report(token.range(), Cat("invalid repetition in series values: ", Message(count.status())));
    } else if (values_.size() + *count >= kMaxSeriesValues) {
      tokens_.Report(token.range(), Cat("series has more than ", kMaxSeriesValues, " values"));
      tokens_.Stop();
      return false;
    }
    *times = count.value_or(0);
    return true;
  }

  bool ParseBlanks() {
    tokens_.Take();
    std::optional<uint64_t> times;
    if (!ParseTimes(&times)) {
      return false;
    }
    SequenceValue blank;
    blank.omitted = true;
    values_.insert(values_.end(), times.value_or(1), blank);
    return true;
  }

  bool ParseNumbers() {
    double value = 0;
    double step = 0;
    if (!ParseValue(&value)) {
      return false;
    }
    const TokenKind sign = tokens_.Peek();
    const bool has_step = sign == TokenKind::kAdd || sign == TokenKind::kSub;
    if (has_step && (!ParseNumber(&step) || !tokens_.Need(TokenKind::kTimes))) {
      return false;
    }
    std::optional<uint64_t> times;
    if (!ParseTimes(&times)) {
      return false;
    }
    for (uint64_t i = 0; i <= times.value_or(0); ++i) {
      values_.push_back({value, nullptr});
      if (has_step) {
        value += step;
      }
    }
    return true;
  }

  bool ParseValue(double* value) {
    if (tokens_.Peek() != TokenKind::kIdentifier) {
      return ParseNumber(value);
    }
    if (tokens_.Take().text != "stale") {
      tokens_.ReportUnexpected("series values", "number or \"stale\"");
    }
    *value = kStaleNaN;
    return true;
  }

  bool ParseNumber(double* value) { return histograms_.ParseSignedNumber(value); }

  bool ParseHistograms() {
    SequenceValue first;
    SequenceValue step;
    if (!ParseHistogram(&first)) {
      return false;
    }
    const TokenKind sign = tokens_.Peek();
    const bool has_step = sign == TokenKind::kAdd || sign == TokenKind::kSub;
    if (has_step) {
      tokens_.Take();
      if (!tokens_.Need(TokenKind::kOpenHist) || !ParseHistogram(&step) || !tokens_.Need(TokenKind::kTimes)) {
        return false;
      }
    }
    std::optional<uint64_t> times;
    if (!ParseTimes(&times)) {
      return false;
    }
    if (!has_step) {
      values_.insert(values_.end(), times.value_or(0) + 1, first);
    } else if (const absl::Status status = AppendSteps(first, step, sign == TokenKind::kAdd, *times); !status.ok()) {
      tokens_.Report(tokens_.last_range(), std::string(Message(status)));
    }
    return true;
  }

  bool ParseHistogram(SequenceValue* value) {
    std::optional<DescribedHistogram> described = histograms_.Parse();
    if (!described) {
      return false;
    }
    value->counter_reset_hint_set = described->hint_set;
    value->histogram = std::make_shared<const FloatHistogram>(std::move(described->histogram));
    return true;
  }

  absl::Status AppendSteps(const SequenceValue& first, const SequenceValue& step, bool add, uint64_t times) {
    SequenceValue current = first;
    current.counter_reset_hint_set = step.counter_reset_hint_set;
    values_.push_back(current);
    for (uint64_t i = 0; i < times; ++i) {
      FloatHistogram next = *current.histogram;
      if (next.schema > step.histogram->schema) {
        return absl::InvalidArgumentError(
            Cat("error combining histograms: cannot merge from schema ", step.histogram->schema, " to ", next.schema));
      }
      RETURN_IF_ERROR((add ? AddHistogram(&next, *step.histogram) : SubHistogram(&next, *step.histogram)).status());
      current.histogram = std::make_shared<const FloatHistogram>(std::move(next));
      values_.push_back(current);
    }
    return absl::OkStatus();
  }

  TokenStream& tokens_;
  HistogramDescriptionParser histograms_;
  std::vector<SequenceValue>& values_;
};

}  // namespace

absl::StatusOr<SeriesDescription> ParseSeriesDescription(std::string_view text) {
  RETURN_IF_ERROR(CheckLength(text));
  TokenStream tokens(text, Lexer::Language::kSeriesDescription);
  SeriesDescription series;
  const bool parsed = ParseMetricTokens(&tokens, &series.labels) && SeriesValuesParser(&tokens, &series.values).Parse();
  if (!tokens.FinishText(parsed)) {
    return FirstError(text, tokens.errors());
  }
  return series;
}

}  // namespace tocsin::promql
