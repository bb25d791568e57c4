#pragma once

#include <string>
#include <string_view>

#include "engine/scrape/exposition/lexer.h"
#include "engine/scrape/exposition/parser.h"
#include "engine/scrape/exposition/series_text.h"

namespace tocsin {

/// Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/), 0.0.4 and 1.0.0.
class PrometheusParser : public ExpositionParser {
 public:
  /// `body` must end with a line end.
  PrometheusParser(std::string_view body, const ExpositionOptions& options) : options_(options), lexer_(body) {}

  EntryKind Next() override;
  void ReadLabels(LabelPairs* labels) override;

  bool can_continue() const override { return true; }
  void Continue(std::string* body, bool last) override;

  bool has_lines() const override { return true; }
  size_t position() const override { return lexer_.position(); }
  size_t entry_start() const override { return start_; }
  void SkipTo(size_t position) override { lexer_.Jump(position, LexState::kInit); }
  void SkipType(size_t position, MetricType type) override {
    type_ = type;
    SkipTo(position);
  }
  EntryKind NextKnown(size_t raw_length) override;

 private:
  LexToken NextToken();
  EntryKind ReadMetadata(LexToken kind);
  EntryKind FinishMetadata(LexToken kind);
  bool ReadLabelParts();
  bool ReadLabelPart(LexToken token, LexToken* next);
  EntryKind ReadSample(LexToken token);
  EntryKind FailAt(std::string_view expected, LexToken got) { return Fail(lexer_.ErrorText(expected, got, start_)); }

  const ExpositionOptions options_;
  PrometheusLexer lexer_;
  size_t start_ = 0;
  SeriesParts parts_;
  MetricType type_ = MetricType::kUnknown;
};

/// A name from a TYPE, HELP or UNIT line, without its quotes.
std::string_view UnquotedName(std::string_view token);

}  // namespace tocsin
