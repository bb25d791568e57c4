#pragma once

#include <functional>
#include <memory>
#include <vector>

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
  FanoutQueryable(Queryable& local, std::function<TimestampMs()> local_min_time, std::vector<std::shared_ptr<RemoteReadClient>> remotes,
                  Labels external_labels)
      : local_(local),
        local_min_time_(std::move(local_min_time)),
        remotes_(std::move(remotes)),
        external_labels_(std::move(external_labels)) {}

  absl::StatusOr<std::unique_ptr<Querier>> OpenQuerier(TimestampMs min_t, TimestampMs max_t) override;

 private:
  Queryable& local_;
  std::function<TimestampMs()> local_min_time_;
  std::vector<std::shared_ptr<RemoteReadClient>> remotes_;
  Labels external_labels_;
};

}  // namespace tocsin
