#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "api/receive/otlp_names.h"
#include "api/receive/write_protocol.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/types.h"
#include "base/wire/otlp_metrics.h"
#include "engine/config/remote_config.h"
#include "storage/appender.h"

namespace tocsin {

struct OtlpTranslateOptions {
  OtlpConfig config;
  DurationMs lookback_ms = 5 * kMinute;  ///< target_info gets a sample each half of it
  bool type_and_unit_labels = false;
  bool native_delta = false;             ///< feature otlp-native-delta-ingestion: deltas are stored as they come
  TimestampMs time_max = kMaxTimestamp;  ///< later samples are out of bounds
};

/// Warnings by category, for prometheus_api_otlp_translation_warnings_total.
using OtlpWarnings = std::vector<std::pair<std::string, std::string>>;

/// Appends the metrics of a request to an open transaction by Prometheus's translation rules (storage/remote/otlptranslator): job and
/// instance from service.namespace, service.name and service.instance.id, other resource attributes into target_info; sums, gauges and
/// summaries as floats, histograms as classic series or with custom buckets, exponential histograms as native ones.
class OtlpTranslator {
 public:
  OtlpTranslator(OtlpTranslateOptions options, Appender& appender)
      : options_(std::move(options)), naming_(OtlpNaming::Of(options_.config)), appender_(appender) {}

  /// Metrics that cannot be translated and samples that do not fit are left out and told in errors(); an error is not the sender's fault,
  /// and the caller rolls back.
  absl::Status Append(const std::vector<wire::OtlpResource>& resources);

  const WriteErrors& errors() const { return errors_; }
  const OtlpWarnings& warnings() const { return warnings_; }
  bool refused_for_memory() const { return refused_for_memory_; }
  size_t out_of_order_exemplars() const { return out_of_order_exemplars_; }

 private:
  /// What all points of a resource, and of a scope, have in common.
  struct Context {
    std::string job;
    std::string instance;
    std::vector<std::pair<std::string, std::string>> promoted;
    std::vector<std::pair<std::string, std::string>> scope;
  };

  struct Family {
    std::string name;
    MetricMetadata metadata;
    wire::OtlpTemporality temporality;
  };

  absl::StatusOr<Context> MakeContext(const wire::OtlpResource& resource);
  absl::Status AddScope(const wire::OtlpScope& scope, Context* context);
  absl::Status AppendMetric(const wire::OtlpMetric& metric, const Context& context);
  absl::Status AppendPoint(const wire::OtlpPoint& point, wire::OtlpKind kind, const Family& family, const Context& context);
  absl::Status AppendClassicHistogram(const wire::OtlpPoint& point, const Family& family, LabelsBuilder* base);
  absl::Status AppendSummary(const wire::OtlpPoint& point, const Family& family, LabelsBuilder* base);
  absl::Status AppendNativeHistogram(const wire::OtlpPoint& point, wire::OtlpKind kind, const Family& family, LabelsBuilder* base);
  absl::Status AppendTargetInfo(const wire::OtlpResource& resource, const Context& context, uint64_t first_ns, uint64_t last_ns);

  /// Names translated, values of colliding ones joined by ';', the context's labels added.
  absl::Status BuildLabels(const wire::OtlpAttributes& attributes, const Context& context, const MetricMetadata* metadata, bool of_resource,
                           LabelsBuilder* out);
  absl::StatusOr<std::string> LabelName(const std::string& name);

  absl::Status AppendFloat(const Labels& labels, const wire::OtlpPoint& point, double value, const Family& family,
                           std::span<const wire::OtlpExemplar> exemplars);
  void AppendExemplars(SeriesRef ref, std::span<const wire::OtlpExemplar> exemplars);
  /// kNone without an error: refused for memory.
  absl::StatusOr<SeriesRef> OpenSeries(const Labels& labels, const MetricMetadata& metadata);

  OtlpTranslateOptions options_;
  OtlpNaming naming_;
  Appender& appender_;
  absl::flat_hash_map<std::string, std::string> label_names_;
  absl::flat_hash_set<std::string> collisions_told_;
  absl::flat_hash_set<std::string> target_infos_;
  WriteErrors errors_;
  OtlpWarnings warnings_;
  bool refused_for_memory_ = false;
  size_t out_of_order_exemplars_ = 0;
};

}  // namespace tocsin
