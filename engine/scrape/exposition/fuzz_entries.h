#pragma once

#include <string>

#include "base/check.h"
#include "engine/scrape/exposition/parser.h"

namespace tocsin {

/// For fuzz targets: reads a whole exposition and touches all that its entries give. The first byte chooses the options.
inline void FuzzEntries(std::string_view data, std::string_view content_type) {
  if (data.empty()) {
    return;
  }
  const auto flags = static_cast<unsigned char>(data[0]);
  ExpositionOptions options;
  options.type_and_unit_labels = (flags & 1) != 0;
  options.ignore_native_histograms = (flags & 2) != 0;
  options.convert_classic_histograms_to_nhcb = (flags & 4) != 0;
  options.keep_classic = (flags & 8) != 0;
  options.created_timestamps = (flags & 16) != 0;
  std::string body(data.substr(1));
  std::string warning;
  const auto parser = MakeExpositionParser(&body, content_type, std::nullopt, options, &warning);
  TOCSIN_CHECK(parser.ok());
  LabelPairs labels;
  Exemplar exemplar;
  size_t entries = 0;
  for (EntryKind kind = (*parser)->Next(); kind != EntryKind::kEnd && kind != EntryKind::kError; kind = (*parser)->Next()) {
    // Every entry takes at least a byte, but those that a histogram or summary is taken apart into.
    TOCSIN_CHECK(++entries <= body.size() * 4 + 16);
    if (kind == EntryKind::kSeries || kind == EntryKind::kHistogram) {
      TOCSIN_CHECK(!(*parser)->entry().raw.empty());
      (*parser)->ReadLabels(&labels);
      if (options.created_timestamps) {
        (*parser)->StartTimestamp();
      }
      while ((*parser)->NextExemplar(&exemplar)) {
      }
    }
  }
}

}  // namespace tocsin
