#include "promql/promqltest/loader.h"

#include <map>
#include <memory>

#include "base/model/convert_nhcb.h"
#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/promqltest/script_lines.h"

namespace tocsin::promql::promqltest {

namespace {

/// The parts of one classic histogram, gathered by time.
struct ClassicHistogram {
  Labels labels;
  std::map<TimestampMs, NhcbBuilder> by_time;
};

class Loader {
 public:
  Loader(const LoadCommand& load, Appender& appender) : load_(load), appender_(appender) {}

  absl::Status Run() {
    for (const LoadedSeries& loaded : load_.series) {
      RETURN_IF_ERROR(AppendSeries(loaded));
      if (load_.with_nhcb) {
        RETURN_IF_ERROR(Collect(loaded.series));
      }
    }
    return AppendConverted();
  }

 private:
  TimestampMs TimeOf(size_t i) const { return static_cast<TimestampMs>(i) * load_.step; }

  absl::Status Check(AppendResult result, const Labels& labels, TimestampMs t) const {
    return result == AppendResult::kOk
               ? absl::OkStatus()
               : LineError(load_.line, Cat("cannot append to ", labels.ToString(), " at ", t, ": ", AppendResultText(result)));
  }

  absl::StatusOr<SeriesRef> Ref(const Labels& labels) {
    AppendResult result = AppendResult::kOk;
    const SeriesRef ref = appender_.GetOrCreate(labels, &result);
    RETURN_IF_ERROR(Check(result, labels, 0));
    return ref;
  }

  absl::Status AppendSeries(const LoadedSeries& loaded) {
    const SeriesDescription& series = loaded.series;
    bool empty = true;
    for (const SequenceValue& value : series.values) {
      empty = empty && value.omitted;
    }
    if (empty) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const SeriesRef ref, Ref(series.labels));
    for (size_t i = 0; i < series.values.size(); ++i) {
      const SequenceValue& value = series.values[i];
      if (value.omitted) {
        continue;
      }
      const TimestampMs t = TimeOf(i);
      if (!loaded.start_offsets.empty()) {
        const SequenceValue& offset = loaded.start_offsets[i];
        appender_.SetStartTimestamp(ref, offset.omitted ? 0 : t + static_cast<TimestampMs>(offset.value));
      }
      const AppendResult result =
          value.histogram != nullptr ? appender_.AppendHistogram(ref, t, *value.histogram, false) : appender_.Append(ref, t, value.value);
      RETURN_IF_ERROR(Check(result, series.labels, t));
    }
    return absl::OkStatus();
  }

  absl::Status Collect(const SeriesDescription& series) {
    const ClassicName name = SplitClassicName(series.labels.metric_name());
    if (name.suffix == ClassicSuffix::kNone) {
      return absl::OkStatus();
    }
    const ParsedFloat bound = ParseGoFloat(series.labels.Get(kBucketLabel));
    if (name.suffix == ClassicSuffix::kBucket && (!bound.ok() || bound.value != bound.value)) {
      return absl::OkStatus();
    }
    LabelsBuilder builder(series.labels);
    builder.Delete(kBucketLabel);
    builder.Set(kMetricName, std::string(name.base));
    const Labels labels = builder.Build();
    ClassicHistogram& histogram = histograms_[labels.encoded()];
    histogram.labels = labels;
    for (size_t i = 0; i < series.values.size(); ++i) {
      const SequenceValue& value = series.values[i];
      if (value.omitted || value.histogram != nullptr) {
        continue;
      }
      NhcbBuilder& parts = histogram.by_time[TimeOf(i)];
      const absl::Status status = name.suffix == ClassicSuffix::kBucket  ? parts.SetBucket(bound.value, value.value)
                                  : name.suffix == ClassicSuffix::kCount ? parts.SetCount(value.value)
                                                                         : parts.SetSum(value.value);
      if (!status.ok()) {
        return LineError(load_.line, Message(status));
      }
    }
    return absl::OkStatus();
  }

  absl::Status AppendConverted() {
    for (auto& [encoded, histogram] : histograms_) {
      ASSIGN_OR_RETURN(const SeriesRef ref, Ref(histogram.labels));
      for (auto& [t, parts] : histogram.by_time) {
        absl::StatusOr<NhcbBuilder::Result> built = parts.Build();
        if (!built.ok()) {
          return LineError(load_.line, Message(built.status()));
        }
        CompactHistogram(&built->histogram);
        RETURN_IF_ERROR(Check(appender_.AppendHistogram(ref, t, built->histogram, built->integers), histogram.labels, t));
      }
    }
    return absl::OkStatus();
  }

  const LoadCommand& load_;
  Appender& appender_;
  std::map<std::string, ClassicHistogram> histograms_;
};

}  // namespace

absl::Status Load(const LoadCommand& load, Appendable& store) {
  const std::unique_ptr<Appender> appender = store.OpenAppender();
  RETURN_IF_ERROR(Loader(load, *appender).Run());
  return appender->Commit();
}

}  // namespace tocsin::promql::promqltest
