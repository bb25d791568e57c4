#include "rules/result_series.h"

#include "base/strings.h"

namespace tocsin::rules {
namespace {

void CountResult(AppendResult result, WriteOutcome* outcome) {
  outcome->out_of_order += result == AppendResult::kOutOfOrder ? 1 : 0;
  outcome->too_old += result == AppendResult::kTooOld ? 1 : 0;
  outcome->duplicates += result == AppendResult::kDuplicate ? 1 : 0;
  if (outcome->status.ok()) {
    outcome->status = absl::FailedPreconditionError(av(AppendResultText(result)));
  }
}

}  // namespace

ResultSeriesEntry* ResultSeries::Find(const Labels& labels) {
  const auto it = entries_.find(labels);
  if (it != entries_.end()) {
    return it->second.get();
  }
  auto entry = std::make_unique<ResultSeriesEntry>();
  entry->labels = labels;
  ResultSeriesEntry* const found = entry.get();
  entries_.emplace(labels, std::move(entry));
  return found;
}

bool ResultSeries::AppendOne(Appender& appender, TimestampMs t, const ResultSample& sample, WriteOutcome* outcome) {
  ResultSeriesEntry& series = *sample.series;
  for (int attempt = 0; attempt < 2; ++attempt) {
    AppendResult result = AppendResult::kOk;
    if (series.ref == SeriesRef::kNone) {
      series.ref = appender.GetOrCreate(series.labels, &result);
      if (series.ref == SeriesRef::kNone) {
        CountResult(result, outcome);
        return false;
      }
    }
    result = sample.histogram != nullptr ? appender.AppendHistogram(series.ref, t, *sample.histogram, false)
                                         : appender.Append(series.ref, t, sample.value);
    if (result == AppendResult::kOk) {
      return true;
    }
    if (result != AppendResult::kUnknownSeries) {
      CountResult(result, outcome);
      return false;
    }
    series.ref = SeriesRef::kNone;
  }
  CountResult(AppendResult::kUnknownSeries, outcome);
  return false;
}

void ResultSeries::AppendStaleMarkers(Appender& appender, TimestampMs t) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    ResultSeriesEntry& series = *it->second;
    if (series.written == evaluation_) {
      ++it;
      continue;
    }
    if (series.written == last_written_ && last_written_ != 0) {
      // Refusals are expected when another rule writes the same series.
      WriteOutcome ignored;
      AppendOne(appender, t, ResultSample{&series, kStaleNaN, nullptr}, &ignored);
    }
    entries_.erase(it++);
    ++removals_;
  }
}

WriteOutcome ResultSeries::Write(Appendable& store, TimestampMs t, const std::vector<ResultSample>& samples) {
  WriteOutcome outcome;
  const std::unique_ptr<Appender> appender = store.OpenAppender();
  // The known float series in one call, the others one by one.
  batch_.clear();
  std::vector<const ResultSample*> batched;
  std::vector<const ResultSample*> single;
  for (const ResultSample& sample : samples) {
    if (sample.series->ref != SeriesRef::kNone && sample.histogram == nullptr) {
      batch_.push_back(RefSample{sample.series->ref, t, sample.value});
      batched.push_back(&sample);
    } else {
      single.push_back(&sample);
    }
  }
  results_.resize(batch_.size());
  appender->AppendBatch(batch_, results_.data());
  for (size_t i = 0; i < batched.size(); ++i) {
    if (results_[i] == AppendResult::kOk) {
      batched[i]->series->written = evaluation_;
    } else if (results_[i] == AppendResult::kUnknownSeries) {
      batched[i]->series->ref = SeriesRef::kNone;
      single.push_back(batched[i]);
    } else {
      CountResult(results_[i], &outcome);
    }
  }
  for (const ResultSample* sample : single) {
    if (AppendOne(*appender, t, *sample, &outcome)) {
      sample->series->written = evaluation_;
    }
  }
  AppendStaleMarkers(*appender, t);
  outcome.durable = appender->Commit().ok();
  last_written_ = evaluation_;
  return outcome;
}

std::vector<Labels> ResultSeries::Current() const {
  std::vector<Labels> current;
  for (const auto& [labels, entry] : entries_) {
    if (entry->written == last_written_ && last_written_ != 0) {
      current.push_back(labels);
    }
  }
  return current;
}

void ResultSeries::TakeOver(ResultSeries& from) {
  entries_ = std::move(from.entries_);
  evaluation_ = from.evaluation_;
  last_written_ = from.last_written_;
  ++removals_;
  from.entries_.clear();
}

}  // namespace tocsin::rules
