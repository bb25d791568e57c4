#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include "absl/container/flat_hash_map.h"
#include "api/main/web.h"
#include "base/mutex.h"
#include "base/strings.h"

namespace tocsin {
namespace {

const prometheus::Histogram::BucketBoundaries kSecondsBounds = {.1, .2, .4, 1, 3, 8, 20, 60, 120};
const prometheus::Histogram::BucketBoundaries kBytesBounds = {100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/// The metrics of one handler, looked up once and then used without a lock of the registry.
struct HandlerMetrics {
  absl::flat_hash_map<int, prometheus::Counter*> requests;
  prometheus::Histogram* seconds = nullptr;
  prometheus::Histogram* bytes = nullptr;
};

}  // namespace

struct HttpMetrics::Families {
  explicit Families(prometheus::Registry* registry)
      : requests_(prometheus::BuildCounter().Name("prometheus_http_requests_total").Help("Counter of HTTP requests.").Register(*registry)),
        seconds_(prometheus::BuildHistogram()
                     .Name("prometheus_http_request_duration_seconds")
                     .Help("Histogram of latencies for HTTP requests.")
                     .Register(*registry)),
        bytes_(prometheus::BuildHistogram()
                   .Name("prometheus_http_response_size_bytes")
                   .Help("Histogram of response size for HTTP requests.")
                   .Register(*registry)) {}

  void Count(std::string_view handler, int code, double seconds, size_t bytes) {
    prometheus::Counter* counter = nullptr;
    HandlerMetrics* metrics = nullptr;
    {
      MutexLock lock(mu_);
      metrics = &Of(handler);
      prometheus::Counter*& slot = metrics->requests[code];
      if (slot == nullptr) {
        slot = &requests_.Add({{"handler", std::string(handler)}, {"code", std::to_string(code)}});
      }
      counter = slot;
    }
    counter->Increment();
    metrics->seconds->Observe(seconds);
    metrics->bytes->Observe(static_cast<double>(bytes));
  }

  HandlerMetrics& Of(std::string_view handler) REQUIRES(mu_) {
    std::unique_ptr<HandlerMetrics>& slot = handlers_[handler];
    if (slot == nullptr) {
      slot = std::make_unique<HandlerMetrics>();
      slot->seconds = &seconds_.Add({{"handler", std::string(handler)}}, kSecondsBounds);
      slot->bytes = &bytes_.Add({{"handler", std::string(handler)}}, kBytesBounds);
    }
    return *slot;
  }

  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Family<prometheus::Histogram>& bytes_;
  Mutex mu_;
  absl::flat_hash_map<std::string, std::unique_ptr<HandlerMetrics>, StringHash, StringEq> handlers_ GUARDED_BY(mu_);
};

HttpMetrics::HttpMetrics(prometheus::Registry* registry) : families_(std::make_unique<Families>(registry)) {}

HttpMetrics::~HttpMetrics() = default;

void HttpMetrics::Count(std::string_view handler, int code, double seconds, size_t bytes) {
  families_->Count(handler, code, seconds, bytes);
}

http::RootHandler InstrumentedHandler(std::shared_ptr<const http::Router> router, const std::string& route_prefix,
                                      std::shared_ptr<HttpMetrics> metrics, const Clock& clock) {
  return [router = std::move(router), prefix = route_prefix.size(), metrics = std::move(metrics), &clock](http::Request& request) {
    const int64_t begin_ns = clock.MonotonicNs();
    std::string_view pattern;
    http::Response response = router->Route(request, &pattern);
    // Paths that nobody handles are not counted: their number is the client's choice.
    if (!pattern.empty()) {
      const double seconds = static_cast<double>(clock.MonotonicNs() - begin_ns) / 1e9;
      metrics->Count(pattern.substr(std::min(prefix, pattern.size())), response.status, seconds, response.body.size());
    }
    return response;
  };
}

}  // namespace tocsin
