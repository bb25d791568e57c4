#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "engine/remote/remote_read_client.h"
#include "storage/querier.h"

namespace tocsin {

/// The local store and those of `remote_read` as one: series of all, samples of equal series merged, the local one's where both have one.
///
/// A remote store is asked only when the query has its required matchers and, unless `read_recent` is set, when it begins before the local
/// store's first sample; then up to there. With `filter_external_labels` the external labels are added as matchers and taken off the
/// answers. A remote store that fails is left out of the answer, with a warning in the log. Label names and values are the local store's.
/// Threads: safe.
class FanoutQueryable : public Queryable {
 public:
  /// `local_min_time` tells the first sample of the local store. References must outlive the object.
  FanoutQueryable(Queryable& local, std::function<TimestampMs()> local_min_time, const Clock& clock)
      : local_(local), local_min_time_(std::move(local_min_time)), clock_(clock) {}

  /// The remote stores and external labels from now on; queriers that are open keep theirs. Stores whose configuration did not change keep
  /// their connections.
  void Apply(const std::vector<RemoteReadConfig>& remotes, const Labels& external_labels);

  absl::StatusOr<std::unique_ptr<Querier>> OpenQuerier(TimestampMs min_t, TimestampMs max_t) override;

 private:
  using Remotes = std::vector<std::shared_ptr<RemoteReadClient>>;

  Queryable& local_;
  const std::function<TimestampMs()> local_min_time_;
  const Clock& clock_;
  Mutex mu_;
  Remotes remotes_ GUARDED_BY(mu_);
  Labels external_labels_ GUARDED_BY(mu_);
};

}  // namespace tocsin
