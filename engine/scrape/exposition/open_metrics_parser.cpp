#include "engine/scrape/exposition/open_metrics_parser.h"

#include <cmath>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "engine/scrape/exposition/prometheus_parser.h"

namespace tocsin {
namespace {

std::optional<MetricType> OpenMetricsTypeOf(std::string_view text) {
  for (const MetricType type : {MetricType::kUnknown, MetricType::kCounter, MetricType::kGauge, MetricType::kHistogram,
                                MetricType::kGaugeHistogram, MetricType::kSummary, MetricType::kInfo, MetricType::kStateset}) {
    if (text == ToString(type)) {
      return type;
    }
  }
  return std::nullopt;
}

std::string InfiniteText(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"; }

}  // namespace

std::string OpenMetricsParser::QuotedLine() const { return GoQuoted(lexer_.body().substr(start_, lexer_.position() - start_)); }

EntryKind OpenMetricsParser::Next() {
  while (true) {
    start_ = lexer_.position();
    parts_.Clear();
    if (!looking_ahead_) {
      has_exemplar_ = false;
    }
    const LexToken token = lexer_.Next();
    switch (token) {
      case LexToken::kEofWord:
        return lexer_.Next() == LexToken::kEof && !more_follows_ ? EntryKind::kEnd : Fail("unexpected data after # EOF");
      case LexToken::kEof:
        return more_follows_ ? EntryKind::kEnd : Fail("data does not end with # EOF");
      case LexToken::kHelp:
      case LexToken::kType:
      case LexToken::kUnit:
        return ReadMetadata(token);
      case LexToken::kBraceOpen:
      case LexToken::kMetricName:
        switch (ReadSeries(token)) {
          case Step::kFound:
            return EntryKind::kSeries;
          case Step::kFailed:
            return EntryKind::kError;
          case Step::kSkipped:
            break;
        }
        break;
      default:
        return FailAt("expected a valid start token", token);
    }
  }
}

EntryKind OpenMetricsParser::NextKnown(size_t raw_length) {
  start_ = lexer_.position();
  parts_.Clear();
  has_exemplar_ = false;
  entry_.raw = lexer_.body().substr(start_, raw_length);
  lexer_.Jump(start_ + raw_length, LexState::kValue);
  const LexToken token = lexer_.Next();
  if (token == LexToken::kBraceOpen) {
    SkipTo(start_);
    return Next();
  }
  parts_.metric = {start_, start_};
  return ReadSample(token) ? EntryKind::kSeries : EntryKind::kError;
}

EntryKind OpenMetricsParser::ReadMetadata(LexToken kind) {
  const LexToken name = lexer_.Next();
  if (name != LexToken::kMetricName) {
    return FailAt(Cat("expected metric name after ", LexTokenName(kind)), name);
  }
  entry_.family = UnquotedName(lexer_.token());
  family_length_ = entry_.family.size();
  if (lexer_.Next() != LexToken::kText) {
    return Fail(Cat("expected text in ", LexTokenName(kind)));
  }
  // Between the space in front and the line end behind.
  const std::string_view token = lexer_.token();
  const std::string_view text = token.size() > 1 ? token.substr(1, token.size() - 2) : std::string_view();
  if (kind == LexToken::kType) {
    return ReadType(text);
  }
  if (kind == LexToken::kUnit) {
    return ReadUnit(text);
  }
  if (!IsValidUtf8(text)) {
    return Fail(Cat("help text ", GoQuoted(text), " is not a valid utf8 string"));
  }
  entry_.text = UnescapeLabelValue(text);
  return EntryKind::kHelp;
}

EntryKind OpenMetricsParser::ReadType(std::string_view text) {
  const std::optional<MetricType> type = OpenMetricsTypeOf(text);
  if (!type.has_value()) {
    return Fail(Cat("invalid metric type ", GoQuoted(text)));
  }
  type_ = *type;
  entry_.type = *type;
  return EntryKind::kType;
}

EntryKind OpenMetricsParser::ReadUnit(std::string_view text) {
  unit_ = text;
  entry_.text = unit_;
  const std::string_view family = entry_.family;
  if (!unit_.empty() && !(family.size() > unit_.size() && family.ends_with(unit_) && family[family.size() - unit_.size() - 1] == '_')) {
    return Fail(Cat("unit ", GoQuoted(unit_), " not a suffix of metric ", GoQuoted(family)));
  }
  return EntryKind::kUnit;
}

OpenMetricsParser::Step OpenMetricsParser::ReadSeries(LexToken token) {
  if (token == LexToken::kMetricName) {
    parts_.metric = {start_, lexer_.position()};
    entry_.raw = lexer_.body().substr(start_, lexer_.position() - start_);
    token = lexer_.Next();
    if (token == LexToken::kBraceOpen) {
      if (!ReadLabelParts(false, &parts_.metric, &parts_.labels)) {
        return Step::kFailed;
      }
      entry_.raw = lexer_.body().substr(start_, lexer_.position() - start_);
      token = lexer_.Next();
    }
  } else {
    if (!ReadLabelParts(false, &parts_.metric, &parts_.labels)) {
      return Step::kFailed;
    }
    entry_.raw = lexer_.body().substr(start_, lexer_.position() - start_);
    token = lexer_.Next();
  }
  if (!ReadSample(token)) {
    return Step::kFailed;
  }
  return skip_created_ && IsCreated() ? Step::kSkipped : Step::kFound;
}

bool OpenMetricsParser::ReadLabelParts(bool of_exemplar, SeriesParts::Part* metric, std::vector<SeriesParts::LabelPart>* labels) {
  LexToken token = lexer_.Next();
  while (token != LexToken::kBraceClose) {
    if (token != LexToken::kLabelName && token != LexToken::kQuotedString) {
      FailAt("expected label name", token);
      return false;
    }
    if (!ReadLabelPart(token, of_exemplar, metric, labels, &token)) {
      return false;
    }
  }
  return true;
}

/// One label, or the metric's name in quotes, and the comma behind it; `*next` is the token that follows.
bool OpenMetricsParser::ReadLabelPart(LexToken token, bool of_exemplar, SeriesParts::Part* metric,
                                      std::vector<SeriesParts::LabelPart>* labels, LexToken* next) {
  SeriesParts::Part name{lexer_.token_start(), lexer_.position()};
  *next = lexer_.Next();
  if (token == LexToken::kQuotedString) {
    name = {name.begin + 1, name.end - 1};
    if (*next == LexToken::kComma || *next == LexToken::kBraceClose) {
      if (of_exemplar) {
        FailAt("expected label name", *next);
        return false;
      }
      if (metric->set()) {
        Fail(Cat("metric name already set while parsing: ", QuotedLine()));
        return false;
      }
      *metric = name;
      if (*next == LexToken::kComma) {
        *next = lexer_.Next();
      }
      return true;
    }
  }
  if (*next != LexToken::kEqual) {
    FailAt("expected equal", *next);
    return false;
  }
  const LexToken value = lexer_.Next();
  if (value != LexToken::kLabelValue) {
    FailAt("expected label value", value);
    return false;
  }
  if (!IsValidUtf8(lexer_.token())) {
    Fail(Cat("invalid UTF-8 label value: ", GoQuoted(lexer_.token())));
    return false;
  }
  labels->push_back({name, {lexer_.token_start() + 1, lexer_.position() - 1}});
  *next = lexer_.Next();
  if (*next == LexToken::kComma) {
    *next = lexer_.Next();
  } else if (*next != LexToken::kBraceClose) {
    FailAt("expected comma or brace close", *next);
    return false;
  }
  return true;
}

bool OpenMetricsParser::ReadFloat(LexToken token, std::string_view after, double* value) {
  if (token != LexToken::kValue) {
    FailAt(Cat("expected value after ", after), token);
    return false;
  }
  std::string error;
  if (!ReadSampleFloat(lexer_.token().substr(1), value, &error)) {
    Fail(Cat(error, " while parsing: ", QuotedLine()));
    return false;
  }
  return true;
}

bool OpenMetricsParser::ReadTimestamp(std::string_view what, TimestampMs* timestamp) {
  double seconds = 0;
  std::string error;
  if (!ReadSampleFloat(lexer_.token().substr(1), &seconds, &error)) {
    Fail(Cat(error, " while parsing: ", QuotedLine()));
    return false;
  }
  if (!std::isfinite(seconds)) {
    Fail(Cat("invalid ", what, " ", InfiniteText(seconds)));
    return false;
  }
  *timestamp = SecondsToTimestamp(seconds);
  return true;
}

bool OpenMetricsParser::ReadSample(LexToken token) {
  if (!parts_.metric.set()) {
    Fail(Cat("metric name not set while parsing: ", QuotedLine()));
    return false;
  }
  if (!ReadFloat(token, "metric", &entry_.value)) {
    return false;
  }
  entry_.has_timestamp = false;
  LexToken next = lexer_.Next();
  if (next == LexToken::kTimestamp) {
    entry_.has_timestamp = true;
    if (!ReadTimestamp("timestamp", &entry_.timestamp)) {
      return false;
    }
    next = lexer_.Next();
    if (next != LexToken::kLinebreak && next != LexToken::kComment) {
      FailAt("expected next entry after timestamp", next);
      return false;
    }
  } else if (next == LexToken::kEof) {
    Fail("data does not end with # EOF");
    return false;
  }
  // Anything else that is no line end is found by the next entry, which then does not start with a valid token.
  return next != LexToken::kComment || (looking_ahead_ ? SkipExemplar() : ReadExemplar());
}

bool OpenMetricsParser::SkipExemplar() {
  for (LexToken token = lexer_.Next(); token != LexToken::kLinebreak; token = lexer_.Next()) {
    if (token == LexToken::kEof || token == LexToken::kInvalid) {
      return false;
    }
  }
  return true;
}

bool OpenMetricsParser::ReadExemplar() {
  exemplar_labels_.clear();
  if (!ReadLabelParts(true, nullptr, &exemplar_labels_) || !ReadFloat(lexer_.Next(), "exemplar labels", &exemplar_value_)) {
    return false;
  }
  has_exemplar_ = true;
  exemplar_has_timestamp_ = false;
  const LexToken next = lexer_.Next();
  switch (next) {
    case LexToken::kEof:
      Fail("data does not end with # EOF");
      return false;
    case LexToken::kLinebreak:
      return true;
    case LexToken::kTimestamp: {
      exemplar_has_timestamp_ = true;
      if (!ReadTimestamp("exemplar timestamp", &exemplar_timestamp_)) {
        return false;
      }
      const LexToken end = lexer_.Next();
      if (end != LexToken::kLinebreak) {
        FailAt("expected next entry after exemplar timestamp", end);
        return false;
      }
      return true;
    }
    default:
      FailAt("expected timestamp or comment", next);
      return false;
  }
}

bool OpenMetricsParser::NextExemplar(Exemplar* exemplar) {
  if (!has_exemplar_) {
    return false;
  }
  has_exemplar_ = false;
  LabelPairs pairs;
  for (const SeriesParts::LabelPart& part : exemplar_labels_) {
    pairs.emplace_back(part.name.In(lexer_.body()), part.value.In(lexer_.body()));
  }
  exemplar->labels = Labels::FromPairs(std::move(pairs));
  exemplar->value = exemplar_value_;
  exemplar->has_timestamp = exemplar_has_timestamp_;
  exemplar->t = exemplar_has_timestamp_ ? exemplar_timestamp_ : 0;
  return true;
}

void OpenMetricsParser::ReadLabels(LabelPairs* labels) {
  ReadSeriesLabels(lexer_.body(), parts_, type_, options_.type_and_unit_labels ? &unit_ : nullptr, labels);
}

}  // namespace tocsin
