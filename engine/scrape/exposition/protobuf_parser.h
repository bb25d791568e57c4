#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scrape/exposition/client_proto.h"
#include "engine/scrape/exposition/parser.h"

namespace tocsin {

/// The delimited protobuf format (client_model's MetricFamily messages, each behind its length): the only one with native histograms.
/// A family gives HELP, UNIT (if any), TYPE, then its samples as a text format would write them.
class ProtobufParser : public ExpositionParser {
 public:
  ProtobufParser(std::string_view body, const ExpositionOptions& options) : options_(options), rest_(body) {}

  EntryKind Next() override;
  void ReadLabels(LabelPairs* labels) override;
  bool NextExemplar(Exemplar* exemplar) override;
  TimestampMs StartTimestamp() override { return metric_.start_timestamp; }

 private:
  /// What a metric still has to give.
  struct Sample {
    EntryKind kind = EntryKind::kSeries;
    std::string_view suffix;
    std::string_view bound_label;
    std::string bound;
    double value = 0;
    FloatHistogram histogram;
    bool integers = false;
    const ClientExemplar* exemplar = nullptr;
  };

  bool NextFamily();
  bool ReadFamilyHead(std::string_view message);
  bool NextMetric();
  bool ReadHistogramSamples();
  void AddClassicHistogram();
  bool AddNhcb();
  void AddSummary();
  void Add(std::string_view suffix, double value, std::string_view bound_label = {}, std::string bound = {},
           const ClientExemplar* exemplar = nullptr);
  EntryKind Give(Sample sample);
  void NameEntry();

  const ExpositionOptions options_;
  std::string_view rest_;
  ClientFamily family_;
  MetricType type_ = MetricType::kUnknown;
  std::vector<EntryKind> heads_;  ///< Of the family, last first.
  size_t next_metric_ = 0;
  ClientMetric metric_;
  std::deque<Sample> samples_;
  Sample current_;
  std::string raw_;
  size_t next_exemplar_ = 0;
};

}  // namespace tocsin
