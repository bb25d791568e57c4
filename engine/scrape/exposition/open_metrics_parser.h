#pragma once

#include <string>
#include <string_view>

#include "engine/scrape/exposition/lexer.h"
#include "engine/scrape/exposition/parser.h"
#include "engine/scrape/exposition/series_text.h"

namespace tocsin {

/// OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/), as lenient as Prometheus is with it: the order and the
/// completeness of families are not checked, `# EOF` must be there.
class OpenMetricsParser : public ExpositionParser {
 public:
  OpenMetricsParser(std::string_view body, const ExpositionOptions& options)
      : options_(options), skip_created_(options.created_timestamps), lexer_(body) {}

  EntryKind Next() override;
  void ReadLabels(LabelPairs* labels) override;
  bool NextExemplar(Exemplar* exemplar) override;

  /// Looks ahead in the family for the `_created` line of the same labels.
  TimestampMs StartTimestamp() override;

  bool times_are_seconds() const override { return true; }

  /// Created lines are looked for in what follows.
  bool can_continue() const override { return !options_.created_timestamps; }
  void Continue(std::string* body, bool last) override {
    lexer_ = OpenMetricsLexer(*body);
    more_follows_ = !last;
  }

  /// Units and created lines depend on the lines before: then every line is read.
  bool has_lines() const override { return !options_.created_timestamps && !options_.type_and_unit_labels; }
  size_t position() const override { return lexer_.position(); }
  size_t entry_start() const override { return start_; }
  void SkipTo(size_t position) override { lexer_.Jump(position, LexState::kInit); }
  void SkipType(size_t position, MetricType type) override {
    type_ = type;
    SkipTo(position);
  }
  EntryKind NextKnown(size_t raw_length) override;

 private:
  enum class Step { kFound, kSkipped, kFailed };

  EntryKind ReadMetadata(LexToken kind);
  EntryKind ReadType(std::string_view text);
  EntryKind ReadUnit(std::string_view text);
  Step ReadSeries(LexToken token);
  bool ReadLabelParts(bool of_exemplar, SeriesParts::Part* metric, std::vector<SeriesParts::LabelPart>* labels);
  bool ReadLabelPart(LexToken token, bool of_exemplar, SeriesParts::Part* metric, std::vector<SeriesParts::LabelPart>* labels,
                     LexToken* next);
  bool ReadSample(LexToken token);
  bool ReadFloat(LexToken token, std::string_view after, double* value);
  bool ReadTimestamp(std::string_view what, TimestampMs* timestamp);
  bool ReadExemplar();
  bool SkipExemplar();
  bool IsCreated() const;
  TimestampMs FindCreated(uint64_t series_hash);
  uint64_t SeriesHash(std::string_view family) const;
  EntryKind FailAt(std::string_view expected, LexToken got) { return Fail(lexer_.ErrorText(expected, got, start_)); }
  std::string QuotedLine() const;

  const ExpositionOptions options_;
  bool skip_created_;
  OpenMetricsLexer lexer_;
  size_t start_ = 0;
  SeriesParts parts_;
  MetricType type_ = MetricType::kUnknown;
  std::string unit_;
  size_t family_length_ = 0;
  bool more_follows_ = false;

  bool has_exemplar_ = false;
  bool looking_ahead_ = false;
  std::vector<SeriesParts::LabelPart> exemplar_labels_;
  double exemplar_value_ = 0;
  bool exemplar_has_timestamp_ = false;
  TimestampMs exemplar_timestamp_ = 0;

  /// The created line found last, for the other lines of the same series (buckets, count, sum). Hash 0: none.
  uint64_t created_hash_ = 0;
  TimestampMs created_ = 0;
};

}  // namespace tocsin
