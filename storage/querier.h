#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/labels.h"
#include "base/model/matcher.h"
#include "base/model/sample.h"
#include "base/types.h"

namespace tocsin {

/// One series as a querier saw it when it was selected: samples that come later are not seen through it.
/// Threads: const methods are safe for several threads at once.
class SelectedSeries {
 public:
  virtual ~SelectedSeries() = default;

  /// Built anew at each call; callers keep what they need.
  virtual Labels labels() const = 0;

  /// A number that stays the same for the series as long as the store knows it (across queriers of one process); for caches.
  virtual uint64_t id() const = 0;

  /// Appends the samples with min_t <= t <= max_t, stale markers included, to `out`.
  virtual void Read(TimestampMs min_t, TimestampMs max_t, SampleColumns* out) const = 0;

  /// The newest sample with min_t <= t <= max_t (it may be a stale marker). False when there is none.
  /// The cheap way for instant queries: it does not decode what is not needed.
  virtual bool ReadLast(TimestampMs min_t, TimestampMs max_t, Sample* out) const = 0;
};

using SeriesList = std::vector<std::unique_ptr<SelectedSeries>>;
using SeriesSpan = std::span<const std::unique_ptr<SelectedSeries>>;

/// Some series of one Select with all that is needed to read their samples; Querier::Capture fills it. Memory is used again from one
/// filling to the next. Threads: one.
class SeriesBatch {
 public:
  virtual ~SeriesBatch() = default;

  /// Appends the samples of the batch's series `i`, as SelectedSeries::Read does.
  virtual void Read(size_t i, SampleColumns* out) const = 0;
};
using SeriesBatchPtr = std::unique_ptr<SeriesBatch>;

/// The window in which samples will be read. Series without a sample in it may or may not be returned.
struct SelectHints {
  TimestampMs min_t = kMinTimestamp;
  TimestampMs max_t = kMaxTimestamp;
};

/// A consistent view of a store: whole commits only. Cheap to open; does not stop appenders. Close (destroy) it soon:
/// what it sees is kept in memory meanwhile. What it returned must not outlive it.
/// Threads: Select, LabelNames and LabelValues from one thread at a time; const methods are safe for several threads at once.
class Querier {
 public:
  virtual ~Querier() = default;

  /// The series for which all matchers hold, sorted by their labels. At least one matcher.
  virtual absl::StatusOr<SeriesList> Select(std::span<const Matcher> matchers, const SelectHints& hints) = 0;

  // The same as the methods of SelectedSeries, for many series of one Select at once. What a store can do better in bulk, it overrides.

  /// Fills `batch` (null: none yet; else one that this method has made) with series that will be read between min_t and max_t.
  /// The series outlive the batch's use.
  virtual void Capture(SeriesSpan series, TimestampMs min_t, TimestampMs max_t, SeriesBatchPtr* batch) const;

  /// SelectedSeries::ReadLast of each into `samples`; `found` tells which have one.
  virtual void ReadLast(SeriesSpan series, TimestampMs min_t, TimestampMs max_t, Sample* samples, bool* found) const;

  /// The labels of each.
  virtual void ReadLabels(SeriesSpan series, Labels* labels) const;

  /// The distinct label sets of the series when only the sorted names in `only` count, in the order of their first series; `set_of` tells
  /// the place in it of each.
  virtual std::vector<Labels> ReadLabelSets(SeriesSpan series, const std::vector<std::string>& only, std::vector<uint32_t>* set_of) const;

  /// Sorted. Of the series that match (all series with no matchers) and may have samples in the querier's window.
  virtual absl::StatusOr<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers) = 0;
  virtual absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name, std::span<const Matcher> matchers) = 0;
};

/// The reading door of a store.
/// Threads: safe.
class Queryable {
 public:
  virtual ~Queryable() = default;

  /// min_t <= samples <= max_t are of interest.
  virtual absl::StatusOr<std::unique_ptr<Querier>> OpenQuerier(TimestampMs min_t, TimestampMs max_t) = 0;
};

}  // namespace tocsin
