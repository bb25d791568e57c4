#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "engine/config/scrape_config.h"
#include "engine/scrape/exposition/parser.h"

namespace tocsin {

/// What becomes of the labels that a target exposes: its own labels are added, conflicts get the prefix "exported_" (or, with honor_labels,
/// the exposed label stays), then metric_relabel_configs run.
struct SeriesLabels {
  Labels labels;
  bool dropped = false;
};

/// Errors end the scrape: no or an invalid name, a label given twice, a label limit (`*limit_exceeded`). Texts are upstream's.
absl::StatusOr<SeriesLabels> MakeSeriesLabels(const LabelPairs& exposed, const Labels& target_labels, const ScrapeConfig& config,
                                              bool* limit_exceeded);

}  // namespace tocsin
