#include "engine/scrape/exposition/parser.h"

#include "base/status.h"
#include "engine/scrape/exposition/content_type.h"
#include "engine/scrape/exposition/nhcb_parser.h"
#include "engine/scrape/exposition/open_metrics_parser.h"
#include "engine/scrape/exposition/prometheus_parser.h"
#include "engine/scrape/exposition/protobuf_parser.h"

namespace tocsin {

std::string_view ToString(MetricType type) {
  switch (type) {
    case MetricType::kUnknown:
      return "unknown";
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kGaugeHistogram:
      return "gaugehistogram";
    case MetricType::kSummary:
      return "summary";
    case MetricType::kInfo:
      return "info";
    case MetricType::kStateset:
      return "stateset";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<ExpositionParser>> MakeExpositionParser(std::string* body, std::string_view content_type,
                                                                       std::optional<ScrapeProtocol> fallback,
                                                                       const ExpositionOptions& options, std::string* warning) {
  ASSIGN_OR_RETURN(const ExpositionFormat format, FormatOf(content_type, fallback, warning));
  std::unique_ptr<ExpositionParser> parser;
  switch (format) {
    case ExpositionFormat::kPrometheusText:
      body->push_back('\n');
      parser = std::make_unique<PrometheusParser>(*body, options);
      break;
    case ExpositionFormat::kOpenMetricsText:
      parser = std::make_unique<OpenMetricsParser>(*body, options);
      break;
    case ExpositionFormat::kProtobuf:
      return std::make_unique<ProtobufParser>(*body, options);
  }
  if (options.convert_classic_histograms_to_nhcb) {
    return std::make_unique<NhcbParser>(std::move(parser), options);
  }
  return parser;
}

}  // namespace tocsin
