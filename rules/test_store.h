#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "promql/engine.h"
#include "promql/series_description.h"
#include "rules/alert_sink.h"
#include "rules/rule_query.h"
#include "storage/head.h"

namespace tocsin::rules::test {

/// A store, an engine and a clock that tests move, for the tests of this room.
class TestStore {
 public:
  TestStore() {
    HeadOptions options;
    options.retention_ms = 0;
    options.chunk_range_ms = kDay;
    head_ = Head::OpenMemoryOnly(options, clock_);
    promql::EngineOptions engine_options;
    engine_options.worker_threads = 1;
    engine_ = promql::NewEngine(engine_options, clock_);
  }

  ManualClock& clock() { return clock_; }
  Head& head() { return *head_; }
  promql::Engine& engine() { return *engine_; }
  QuerySource source() { return QuerySource{engine_.get(), head_.get(), nullptr}; }

  /// A script "load 5m" with series in the lines below it. Samples later than `until` are left out.
  void Load(std::string_view script, TimestampMs until = kMaxTimestamp) {
    DurationMs step = 0;
    while (!script.empty()) {
      const size_t end = std::min(script.find('\n'), script.size());
      std::string_view line = script.substr(0, end);
      script.remove_prefix(std::min(end + 1, script.size()));
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      if (line.starts_with("load ")) {
        step = ParseDuration(line.substr(5)).value();
      } else if (!line.empty()) {
        const auto described = promql::ParseSeriesDescription(line);
        TOCSIN_CHECK(described.ok());
        LoadSeries(*described, step, until);
      }
    }
  }

  void Append(const Labels& labels, TimestampMs t, double value) {
    const auto appender = head_->OpenAppender();
    AppendResult result = AppendResult::kOk;
    appender->Append(appender->GetOrCreate(labels, &result), t, value);
    TOCSIN_CHECK(appender->Commit().ok());
  }

  /// All samples of the series with that name.
  std::vector<std::pair<Labels, SampleColumns>> Read(const std::string& name) {
    std::vector<std::pair<Labels, SampleColumns>> out;
    const auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    const std::vector<Matcher> matchers = {Matcher::Equal(std::string(kMetricName), name)};
    const auto selected = (*querier)->Select(matchers, SelectHints{});
    for (const auto& series : *selected) {
      SampleColumns samples;
      series->Read(kMinTimestamp, kMaxTimestamp, &samples);
      out.emplace_back(series->labels(), std::move(samples));
    }
    return out;
  }

  /// Staleness markers in all samples of that name.
  size_t CountStaleMarkers(const std::string& name) {
    size_t count = 0;
    for (const auto& [labels, samples] : Read(name)) {
      for (const double value : samples.values) {
        count += IsStaleNaN(value) ? 1 : 0;
      }
    }
    return count;
  }

 private:
  void LoadSeries(const promql::SeriesDescription& series, DurationMs step, TimestampMs until) {
    const auto appender = head_->OpenAppender();
    AppendResult result = AppendResult::kOk;
    const SeriesRef ref = appender->GetOrCreate(series.labels, &result);
    for (size_t i = 0; i < series.values.size(); ++i) {
      const TimestampMs t = static_cast<TimestampMs>(i) * step;
      if (series.values[i].omitted || t > until) {
        continue;
      }
      result = series.values[i].histogram != nullptr ? appender->AppendHistogram(ref, t, *series.values[i].histogram, false)
                                                     : appender->Append(ref, t, series.values[i].value);
      TOCSIN_CHECK(result == AppendResult::kOk);
    }
    TOCSIN_CHECK(appender->Commit().ok());
  }

  ManualClock clock_;
  std::unique_ptr<Head> head_;
  std::unique_ptr<promql::Engine> engine_;
};

/// As SIGKILL does: the folder stays as it is at this moment, whatever `end` does to it.
template <typename End>
void EndWithDiskAsItIs(const std::string& folder, End end) {
  const std::string kept = folder + ".kept";
  std::filesystem::rename(folder, kept);
  end();
  std::filesystem::remove_all(folder);
  std::filesystem::rename(kept, folder);
}

/// Keeps what it is sent.
class RecordingSink : public AlertSink {
 public:
  void Send(std::vector<OutgoingAlert> alerts) override {
    for (OutgoingAlert& alert : alerts) {
      sent.push_back(std::move(alert));
    }
  }
  std::vector<OutgoingAlert> Take() { return std::exchange(sent, {}); }

  std::vector<OutgoingAlert> sent;
};

}  // namespace tocsin::rules::test
