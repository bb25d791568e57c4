#include "engine/remote/remote_read_querier.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/secret.h"
#include "base/status.h"

namespace tocsin {
namespace {

/// Appends those of `from` whose time is in the window; histograms only where there are some.
void AppendColumns(const SampleColumns& from, size_t i, SampleColumns* out) {
  out->timestamps.push_back(from.timestamps[i]);
  out->values.push_back(from.values[i]);
  if (from.is_histogram(i) || !out->histograms.empty()) {
    out->histograms.resize(out->timestamps.size());
    out->histograms.back() = from.is_histogram(i) ? from.histograms[i] : nullptr;
  }
  if (!out->start_timestamps.empty()) {
    out->start_timestamps.push_back(0);
  }
}

/// Where both have a sample at a time, the first one's.
SampleColumns MergeColumns(const SampleColumns& first, const SampleColumns& second) {
  SampleColumns merged;
  size_t i = 0;
  size_t j = 0;
  while (i < first.size() || j < second.size()) {
    if (j == second.size() || (i < first.size() && first.timestamps[i] <= second.timestamps[j])) {
      j += j < second.size() && first.timestamps[i] == second.timestamps[j];
      AppendColumns(first, i++, &merged);
    } else {
      AppendColumns(second, j++, &merged);
    }
  }
  return merged;
}

/// Samples in memory under labels; with or without a local series in front.
class FanoutSeries : public SelectedSeries {
 public:
  FanoutSeries(Labels labels, SampleColumns remote, std::unique_ptr<SelectedSeries> local)
      : labels_(std::move(labels)), remote_(std::move(remote)), local_(std::move(local)) {}

  Labels labels() const override { return labels_; }

  /// Remote series have no number that stays: their labels' hash, with a bit that no local one has.
  uint64_t id() const override { return local_ != nullptr ? local_->id() : labels_.Hash() | uint64_t{1} << 63; }

  void Read(TimestampMs min_t, TimestampMs max_t, SampleColumns* out) const override {
    const SampleColumns merged = Merged(min_t, max_t);
    for (size_t i = 0; i < merged.size(); ++i) {
      if (merged.timestamps[i] >= min_t && merged.timestamps[i] <= max_t) {
        AppendColumns(merged, i, out);
      }
    }
  }

  bool ReadLast(TimestampMs min_t, TimestampMs max_t, Sample* out) const override {
    SampleColumns samples;
    Read(min_t, max_t, &samples);
    if (samples.empty()) {
      return false;
    }
    const size_t last = samples.size() - 1;
    *out = {samples.timestamps[last], samples.values[last], samples.is_histogram(last) ? samples.histograms[last] : nullptr, 0};
    return true;
  }

 private:
  SampleColumns Merged(TimestampMs min_t, TimestampMs max_t) const {
    if (local_ == nullptr) {
      return remote_;
    }
    SampleColumns local;
    local_->Read(min_t, max_t, &local);
    return MergeColumns(local, remote_);
  }

  Labels labels_;
  SampleColumns remote_;
  std::unique_ptr<SelectedSeries> local_;
};

class FanoutQuerier : public Querier {
 public:
  FanoutQuerier(std::unique_ptr<Querier> local, TimestampMs local_min_time, std::vector<std::shared_ptr<RemoteReadClient>> remotes,
                Labels external_labels)
      : local_(std::move(local)),
        local_min_time_(local_min_time),
        remotes_(std::move(remotes)),
        external_labels_(std::move(external_labels)) {}

  absl::StatusOr<SeriesList> Select(std::span<const Matcher> matchers, const SelectHints& hints) override {
    ASSIGN_OR_RETURN(SeriesList local, local_->Select(matchers, hints));
    std::map<Labels, SampleColumns> remote_series;
    for (const std::shared_ptr<RemoteReadClient>& remote : remotes_) {
      if (const absl::Status read = ReadRemote(*remote, matchers, hints, &remote_series); !read.ok()) {
        LogWarn("A remote store is left out of a query", {{"url", RedactUrl(remote->config().url)}, {"err", read}});
      }
    }
    if (remote_series.empty()) {
      return local;
    }
    return Merge(std::move(local), std::move(remote_series));
  }

  absl::StatusOr<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers) override { return local_->LabelNames(matchers); }
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name, std::span<const Matcher> matchers) override {
    return local_->LabelValues(name, matchers);
  }

 private:
  absl::Status ReadRemote(RemoteReadClient& remote, std::span<const Matcher> matchers, const SelectHints& hints,
                          std::map<Labels, SampleColumns>* out) {
    const RemoteReadConfig& config = remote.config();
    wire::ReadQuery query{hints.min_t, hints.max_t, {matchers.begin(), matchers.end()}};
    if (!config.read_recent) {
      if (hints.min_t >= local_min_time_) {
        return absl::OkStatus();
      }
      query.end = std::min(query.end, local_min_time_);
    }
    for (const auto& [name, value] : config.required_matchers) {
      const Matcher wanted = Matcher::Equal(name, value);
      if (std::find(matchers.begin(), matchers.end(), wanted) == matchers.end()) {
        return absl::OkStatus();
      }
    }
    std::vector<std::string> added;
    if (config.filter_external_labels) {
      for (const Label& label : external_labels_) {
        const auto same_name = [&label](const Matcher& matcher) { return matcher.name() == label.name; };
        if (std::none_of(matchers.begin(), matchers.end(), same_name)) {
          query.matchers.push_back(Matcher::Equal(std::string(label.name), std::string(label.value)));
          added.emplace_back(label.name);
        }
      }
    }
    ASSIGN_OR_RETURN(std::vector<wire::ReadSeries> series, remote.Read(query, nullptr));
    for (wire::ReadSeries& one : series) {
      SampleColumns& samples = (*out)[one.labels.Drop(added)];
      samples = samples.empty() ? std::move(one.samples) : MergeColumns(samples, one.samples);
    }
    return absl::OkStatus();
  }

  static SeriesList Merge(SeriesList local, std::map<Labels, SampleColumns> remote) {
    SeriesList merged;
    for (std::unique_ptr<SelectedSeries>& series : local) {
      Labels labels = series->labels();
      for (auto next = remote.begin(); next != remote.end() && next->first < labels; next = remote.erase(next)) {
        merged.push_back(std::make_unique<FanoutSeries>(next->first, std::move(next->second), nullptr));
      }
      const auto same = remote.find(labels);
      if (same == remote.end()) {
        merged.push_back(std::move(series));
        continue;
      }
      merged.push_back(std::make_unique<FanoutSeries>(std::move(labels), std::move(same->second), std::move(series)));
      remote.erase(same);
    }
    for (auto& [labels, samples] : remote) {
      merged.push_back(std::make_unique<FanoutSeries>(labels, std::move(samples), nullptr));
    }
    return merged;
  }

  std::unique_ptr<Querier> local_;
  TimestampMs local_min_time_;
  std::vector<std::shared_ptr<RemoteReadClient>> remotes_;
  Labels external_labels_;
};

}  // namespace

void FanoutQueryable::Apply(const std::vector<RemoteReadConfig>& remotes, const Labels& external_labels) {
  MutexLock lock(mu_);
  Remotes next;
  for (const RemoteReadConfig& config : remotes) {
    const auto same = std::find_if(remotes_.begin(), remotes_.end(), [&config](const auto& known) { return known->config() == config; });
    next.push_back(same != remotes_.end() ? *same : std::make_shared<RemoteReadClient>(config, clock_));
  }
  remotes_ = std::move(next);
  external_labels_ = external_labels;
}

absl::StatusOr<std::unique_ptr<Querier>> FanoutQueryable::OpenQuerier(TimestampMs min_t, TimestampMs max_t) {
  ASSIGN_OR_RETURN(std::unique_ptr<Querier> local, local_.OpenQuerier(min_t, max_t));
  MutexLock lock(mu_);
  if (remotes_.empty()) {
    return local;
  }
  return std::make_unique<FanoutQuerier>(std::move(local), local_min_time_(), remotes_, external_labels_);
}

}  // namespace tocsin
