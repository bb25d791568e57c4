#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/model/convert_nhcb.h"
#include "engine/scrape/exposition/parser.h"

namespace tocsin {

/// Gathers the classic series of each histogram of a text format and gives a native histogram with custom buckets in their place
/// (convert_classic_histograms_to_nhcb), or beside them with keep_classic. What cannot be converted is left out.
class NhcbParser : public ExpositionParser {
 public:
  NhcbParser(std::unique_ptr<ExpositionParser> inner, const ExpositionOptions& options) : options_(options), inner_(std::move(inner)) {}

  EntryKind Next() override;
  void ReadLabels(LabelPairs* labels) override;
  bool NextExemplar(Exemplar* exemplar) override;
  TimestampMs StartTimestamp() override;

 private:
  EntryKind Read();
  EntryKind Pass(EntryKind kind);
  bool Gather(EntryKind kind);
  bool GatherSample(ClassicName name, const std::string& bound);
  bool Convert();

  const ExpositionOptions options_;
  const std::unique_ptr<ExpositionParser> inner_;
  std::string family_;
  bool in_histogram_ = false;

  // Of the histogram that is being gathered.
  bool gathering_ = false;
  NhcbBuilder builder_;
  Labels labels_;
  std::vector<Exemplar> exemplars_;
  bool has_timestamp_ = false;
  TimestampMs timestamp_ = 0;
  TimestampMs start_timestamp_ = 0;

  // A converted histogram has been given; the entry behind it waits.
  bool converted_ = false;
  EntryKind waiting_ = EntryKind::kEnd;
  bool has_waiting_ = false;
  std::string raw_;
  Labels converted_labels_;
  std::vector<Exemplar> converted_exemplars_;
  TimestampMs converted_start_ = 0;
  LabelPairs pairs_;
};

}  // namespace tocsin
