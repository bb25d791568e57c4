#pragma once

#include <functional>

#include "api/http/message.h"
#include "base/clock.h"
#include "base/model/labels.h"
#include "storage/querier.h"

namespace prometheus {
class Counter;
class Registry;
}  // namespace prometheus

namespace tocsin {

class MemoryBudget;

/// GET /federate: the newest sample within the lookback of each series that a `match[]` selector matches, as an exposition: text, or
/// delimited protobuf where the client prefers it (only that can tell native histograms; those with custom buckets become classic ones).
/// Stale and nameless series are left out. External labels are added to series that lack them; a series without `instance` gets an empty
/// one, so that the scraping side does not put its own there. Threads: safe.
class FederationHandler {
 public:
  /// References and the budget (null: no limit) must outlive the handler. `external_labels` gives those of the configuration in force.
  FederationHandler(Queryable& store, const Clock& clock, DurationMs lookback_ms, std::function<Labels()> external_labels,
                    prometheus::Registry& metrics, MemoryBudget* memory_budget = nullptr);

  http::Response Handle(const http::Request& request);

 private:
  Queryable& store_;
  const Clock& clock_;
  DurationMs lookback_ms_;
  std::function<Labels()> external_labels_;
  prometheus::Counter& errors_;
  MemoryBudget* memory_budget_;
};

}  // namespace tocsin
