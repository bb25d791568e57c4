#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/http/message.h"
#include "base/mutex.h"
#include "base/wire/remote_read.h"
#include "storage/querier.h"

namespace prometheus {
class Gauge;
class Registry;
}  // namespace prometheus

namespace tocsin {

class MemoryBudget;

inline constexpr uint64_t kReadRequestBytesMax = 32 << 20;

struct RemoteReadOptions {
  size_t sample_limit = 50'000'000;       ///< --storage.remote.read-sample-limit, of a query answered with samples; 0: none
  int concurrent_limit = 10;              ///< --storage.remote.read-concurrent-limit: more wait
  size_t max_bytes_in_frame = 1 << 20;    ///< --storage.remote.read-max-bytes-in-frame
  MemoryBudget* memory_budget = nullptr;  ///< for answers with samples, which are made whole; null: no limit
};

/// POST /api/v1/read: remote read with samples, or with streamed chunks where the client takes them.
/// External labels are added to every series that lacks them, and an equality matcher on one of them matches all series.
/// Threads: safe.
class RemoteReadHandler {
 public:
  using ExternalLabels = std::vector<std::pair<std::string, std::string>>;

  /// `external_labels` gives those of the configuration in force, sorted by name. References must outlive the handler and its answers.
  RemoteReadHandler(RemoteReadOptions options, Queryable& store, std::function<ExternalLabels()> external_labels,
                    prometheus::Registry& metrics);

  http::Response Handle(const http::Request& request);

 private:
  class Place;
  class ChunkedAnswer;

  http::Response AnswerSamples(const wire::ReadRequest& request, const ExternalLabels& external);
  http::Response AnswerChunks(wire::ReadRequest request, ExternalLabels external, std::shared_ptr<Place> place);

  RemoteReadOptions options_;
  Queryable& store_;
  std::function<ExternalLabels()> external_labels_;
  prometheus::Gauge& queries_;
  Mutex mu_;
  CondVar place_free_;
  int running_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin
