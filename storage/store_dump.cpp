#include "storage/store_dump.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_format.h"
#include "base/json/writer.h"
#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "storage/head.h"

namespace tocsin {
namespace {

void AppendCondensed(const Labels& labels, std::string* out) {
  *out += labels.metric_name();
  *out += '{';
  bool first = true;
  for (const Label label : labels) {
    if (label.name == kMetricName) {
      continue;
    }
    if (!first) {
      *out += ',';
    }
    first = false;
    *out += label.name;
    *out += '=';
    AppendGoQuoted(label.value, out);
  }
  *out += '}';
}

void AppendSampleLine(DumpFormat format, const std::string& labels, const SampleColumns& samples, size_t i, std::string* out) {
  if (format == DumpFormat::kOpenMetrics) {
    if (!samples.is_histogram(i)) {
      Append(out, labels, " ");
      AppendGoFloat(samples.values[i], 'g', -1, out);
      absl::StrAppendFormat(out, " %.3f\n", static_cast<double>(samples.timestamps[i]) / 1000);
    }
    return;
  }
  Append(out, labels, " ");
  if (samples.is_histogram(i)) {
    *out += HistogramToString(*samples.histograms[i]);
  } else {
    AppendGoFloat(samples.values[i], 'g', -1, out);
  }
  Append(out, " ", samples.timestamps[i], "\n");
}

// Each series once, sorted.
absl::StatusOr<std::map<Labels, std::unique_ptr<SelectedSeries>>> SelectAny(Querier& querier,
                                                                            std::span<const std::vector<Matcher>> selectors) {
  ASSIGN_OR_RETURN(const Matcher any, Matcher::Create(MatchType::kRegexp, std::string(kMetricName), ".*"));
  const std::vector<std::vector<Matcher>> all = {{any}};
  std::map<Labels, std::unique_ptr<SelectedSeries>> found;
  for (const std::vector<Matcher>& matchers : selectors.empty() ? std::span<const std::vector<Matcher>>(all) : selectors) {
    ASSIGN_OR_RETURN(SeriesList list, querier.Select(matchers, SelectHints{}));
    for (std::unique_ptr<SelectedSeries>& series : list) {
      Labels labels = series->labels();
      found.emplace(std::move(labels), std::move(series));
    }
  }
  return found;
}

using Counts = std::map<std::string, uint64_t, std::less<>>;

void AppendTable(std::string_view title, const Counts& counts, size_t limit, std::string* out) {
  std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Append(out, "\n", title, ":\n");
  for (size_t i = 0; i < std::min(limit, sorted.size()); ++i) {
    Append(out, sorted[i].second, " ", sorted[i].first, "\n");
  }
}

/// Gathers what the tables of an analysis show.
class Analysis {
 public:
  Analysis(TimestampMs min_t, TimestampMs max_t) : span_(std::max<DurationMs>(1, max_t - min_t)) {}

  void Add(const Labels& labels, const SampleColumns& samples) {
    const double uncovered =
        samples.empty() ? 1 : 1 - static_cast<double>(samples.timestamps.back() - samples.timestamps.front()) / static_cast<double>(span_);
    for (const Label label : labels) {
      const std::string pair = Cat(label.name, "=", label.value);
      pair_churn_[pair] += uncovered;
      name_churn_[std::string(label.name)] += uncovered;
      ++pair_series_[pair];
      ++entries_;
      values_[std::string(label.name)].emplace(label.value);
    }
    if (labels.Has(kMetricName)) {
      ++metrics_[std::string(labels.metric_name())];
    }
    ++series_;
    samples_ += samples.size();
  }

  std::string Text(size_t limit, size_t all_series) const {
    std::string out;
    Append(&out, "Duration: ", FormatDuration(span_), "\nTotal Series: ", all_series, "\nMatched series: ", series_,
           "\nSamples: ", samples_, "\nLabel names: ", values_.size(), "\nPostings (unique label pairs): ", pair_series_.size(),
           "\nPostings entries (total label pairs): ", entries_, "\n");
    AppendTable("Label pairs most involved in churning", Rounded(pair_churn_), limit, &out);
    AppendTable("Label names most involved in churning", Rounded(name_churn_), limit, &out);
    AppendTable("Most common label pairs", pair_series_, limit, &out);
    Counts lengths;
    Counts cardinality;
    for (const auto& [name, values] : values_) {
      for (const std::string& value : values) {
        lengths[name] += value.size();
      }
      cardinality[name] = values.size();
    }
    AppendTable("Label names with highest cumulative label value length", lengths, limit, &out);
    AppendTable("Highest cardinality labels", cardinality, limit, &out);
    AppendTable("Highest cardinality metric names", metrics_, limit, &out);
    return out;
  }

 private:
  static Counts Rounded(const std::map<std::string, double>& exact) {
    Counts rounded;
    for (const auto& [name, value] : exact) {
      rounded[name] = static_cast<uint64_t>(value);
    }
    return rounded;
  }

  DurationMs span_;
  uint64_t series_ = 0;
  uint64_t samples_ = 0;
  uint64_t entries_ = 0;
  std::map<std::string, double> pair_churn_;
  std::map<std::string, double> name_churn_;
  Counts pair_series_;
  Counts metrics_;
  std::map<std::string, std::set<std::string>> values_;
};

}  // namespace

absl::Status DumpStore(Head& head, DumpFormat format, std::span<const std::vector<Matcher>> selectors, TimestampMs min_t, TimestampMs max_t,
                       const std::function<void(std::string_view)>& print) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Querier> querier, head.OpenQuerier(min_t, max_t));
  ASSIGN_OR_RETURN(const auto all, SelectAny(*querier, selectors));
  SampleColumns samples;
  std::string lines;
  for (const auto& [labels, series] : all) {
    lines.clear();
    samples.Clear();
    series->Read(min_t, max_t, &samples);
    if (samples.empty()) {
      continue;
    }
    std::string text;
    if (format == DumpFormat::kOpenMetrics) {
      AppendCondensed(labels, &text);
    } else {
      text = labels.ToString();
    }
    if (format == DumpFormat::kSeriesJson) {
      lines = "{";
      for (const Label label : labels) {
        lines += lines.size() > 1 ? "," : "";
        AppendJsonString(label.name, &lines);
        lines += ':';
        AppendJsonString(label.value, &lines);
      }
      lines += "}\n";
    } else {
      for (size_t i = 0; i < samples.size(); ++i) {
        AppendSampleLine(format, text, samples, i, &lines);
      }
    }
    print(lines);
  }
  if (format == DumpFormat::kOpenMetrics) {
    print("# EOF\n");
  }
  return absl::OkStatus();
}

std::string AnalyzeStore(Head& head, std::span<const Matcher> matchers, size_t limit) {
  Analysis analysis(head.min_time(), head.max_time());
  const auto querier = head.OpenQuerier(kMinTimestamp, kMaxTimestamp);
  std::vector<std::vector<Matcher>> selectors;
  if (!matchers.empty()) {
    selectors.emplace_back(matchers.begin(), matchers.end());
  }
  if (const auto all = SelectAny(**querier, selectors); all.ok()) {
    for (const auto& [labels, series] : *all) {
      SampleColumns samples;
      series->Read(kMinTimestamp, kMaxTimestamp, &samples);
      analysis.Add(labels, samples);
    }
  }
  return analysis.Text(limit, head.series_count());
}

}  // namespace tocsin
