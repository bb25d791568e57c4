#include "engine/scrape/exposition/prometheus_parser.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

std::optional<MetricType> PrometheusTypeOf(std::string_view text) {
  if (text == "counter") return MetricType::kCounter;
  if (text == "gauge") return MetricType::kGauge;
  if (text == "histogram") return MetricType::kHistogram;
  if (text == "summary") return MetricType::kSummary;
  if (text == "untyped") return MetricType::kUnknown;
  return std::nullopt;
}

}  // namespace

std::string_view UnquotedName(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' && token.back() == '"' ? token.substr(1, token.size() - 2) : token;
}

LexToken PrometheusParser::NextToken() {
  LexToken token = lexer_.Next();
  while (token == LexToken::kWhitespace) {
    token = lexer_.Next();
  }
  return token;
}

EntryKind PrometheusParser::Next() {
  while (true) {
    start_ = lexer_.position();
    parts_.Clear();
    const LexToken token = NextToken();
    switch (token) {
      case LexToken::kEof:
        return EntryKind::kEnd;
      case LexToken::kLinebreak:
        continue;
      case LexToken::kHelp:
      case LexToken::kType:
        return ReadMetadata(token);
      case LexToken::kComment: {
        entry_.text = lexer_.token();
        const LexToken end = NextToken();
        return end == LexToken::kLinebreak ? EntryKind::kComment : FailAt("linebreak expected after comment", end);
      }
      case LexToken::kBraceOpen:
        if (!ReadLabelParts()) {
          return EntryKind::kError;
        }
        entry_.raw = lexer_.body().substr(start_, lexer_.position() - start_);
        return ReadSample(NextToken());
      case LexToken::kMetricName: {
        // As upstream has it, spaces in front of the name belong to it.
        parts_.metric = {start_, lexer_.position()};
        entry_.raw = lexer_.body().substr(start_, lexer_.position() - start_);
        LexToken next = NextToken();
        if (next == LexToken::kBraceOpen) {
          if (!ReadLabelParts()) {
            return EntryKind::kError;
          }
          entry_.raw = lexer_.body().substr(start_, lexer_.position() - start_);
          next = NextToken();
        }
        return ReadSample(next);
      }
      default:
        return FailAt("expected a valid start token", token);
    }
  }
}

void PrometheusParser::Continue(std::string* body, bool last) {
  if (last) {
    body->push_back('\n');
  }
  lexer_ = PrometheusLexer(*body);
}

EntryKind PrometheusParser::NextKnown(size_t raw_length) {
  start_ = lexer_.position();
  parts_.Clear();
  entry_.raw = lexer_.body().substr(start_, raw_length);
  lexer_.Jump(start_ + raw_length, LexState::kValue);
  const LexToken token = NextToken();
  if (token == LexToken::kBraceOpen) {
    SkipTo(start_);
    return Next();
  }
  parts_.metric = {start_, start_};
  return ReadSample(token);
}

EntryKind PrometheusParser::ReadMetadata(LexToken kind) {
  const LexToken name = NextToken();
  if (name != LexToken::kMetricName) {
    return FailAt(Cat("expected metric name after ", LexTokenName(kind)), name);
  }
  entry_.family = UnquotedName(lexer_.token());
  const LexToken text = NextToken();
  if (text != LexToken::kText) {
    return Fail(Cat("expected text in ", LexTokenName(kind), ", got ", LexTokenName(text)));
  }
  const std::string_view rest = lexer_.token().size() > 1 ? lexer_.token().substr(1) : std::string_view();
  if (kind == LexToken::kType) {
    const std::optional<MetricType> type = PrometheusTypeOf(rest);
    if (!type.has_value()) {
      return Fail(Cat("invalid metric type ", GoQuoted(rest)));
    }
    type_ = *type;
    entry_.type = *type;
  } else {
    if (!IsValidUtf8(rest)) {
      return Fail(Cat("help text ", GoQuoted(rest), " is not a valid utf8 string"));
    }
    entry_.text = UnescapeHelp(rest);
  }
  return FinishMetadata(kind);
}

EntryKind PrometheusParser::FinishMetadata(LexToken kind) {
  const LexToken end = NextToken();
  if (end != LexToken::kLinebreak) {
    return FailAt("linebreak expected after metadata", end);
  }
  return kind == LexToken::kType ? EntryKind::kType : EntryKind::kHelp;
}

bool PrometheusParser::ReadLabelParts() {
  LexToken token = NextToken();
  while (token != LexToken::kBraceClose) {
    if (token != LexToken::kLabelName && token != LexToken::kQuotedString) {
      FailAt("expected label name", token);
      return false;
    }
    if (!ReadLabelPart(token, &token)) {
      return false;
    }
  }
  return true;
}

/// One label, or the metric's name in quotes, and the comma behind it; `*next` is the token that follows.
bool PrometheusParser::ReadLabelPart(LexToken token, LexToken* next) {
  SeriesParts::Part name{lexer_.token_start(), lexer_.position()};
  *next = NextToken();
  if (token == LexToken::kQuotedString) {
    name = {name.begin + 1, name.end - 1};
    if (*next == LexToken::kComma || *next == LexToken::kBraceClose) {
      if (parts_.metric.set()) {
        Fail(Cat("metric name already set while parsing: ", GoQuoted(lexer_.body().substr(start_, lexer_.position() - start_))));
        return false;
      }
      parts_.metric = name;
      if (*next == LexToken::kComma) {
        *next = NextToken();
      }
      return true;
    }
  }
  if (*next != LexToken::kEqual) {
    FailAt("expected equal", *next);
    return false;
  }
  const LexToken value = NextToken();
  if (value != LexToken::kLabelValue) {
    FailAt("expected label value", value);
    return false;
  }
  if (!IsValidUtf8(lexer_.token())) {
    Fail(Cat("invalid UTF-8 label value: ", GoQuoted(lexer_.token())));
    return false;
  }
  parts_.labels.push_back({name, {lexer_.token_start() + 1, lexer_.position() - 1}});
  *next = NextToken();
  if (*next == LexToken::kComma) {
    *next = NextToken();
  }
  return true;
}

EntryKind PrometheusParser::ReadSample(LexToken token) {
  const auto line = [&] { return GoQuoted(lexer_.body().substr(start_, lexer_.position() - start_)); };
  if (!parts_.metric.set()) {
    return Fail(Cat("metric name not set while parsing: ", line()));
  }
  if (token != LexToken::kValue) {
    return FailAt("expected value after metric", token);
  }
  std::string error;
  if (!ReadSampleFloat(lexer_.token(), &entry_.value, &error)) {
    return Fail(Cat(error, " while parsing: ", line()));
  }
  entry_.has_timestamp = false;
  const LexToken next = NextToken();
  if (next == LexToken::kLinebreak) {
    return EntryKind::kSeries;
  }
  if (next != LexToken::kTimestamp) {
    return FailAt("expected timestamp or new record", next);
  }
  entry_.has_timestamp = true;
  if (!absl::SimpleAtoi(av(lexer_.token()), &entry_.timestamp)) {
    return Fail(Cat("strconv.ParseInt: parsing ", GoQuoted(lexer_.token()), ": value out of range while parsing: ", line()));
  }
  const LexToken end = NextToken();
  return end == LexToken::kLinebreak ? EntryKind::kSeries : FailAt("expected next entry after timestamp", end);
}

void PrometheusParser::ReadLabels(LabelPairs* labels) {
  static const std::string kNoUnit;
  ReadSeriesLabels(lexer_.body(), parts_, type_, options_.type_and_unit_labels ? &kNoUnit : nullptr, labels);
}

}  // namespace tocsin
