// A simulated Seldon model pod: the executor's metrics on one port and the Python wrapper's on another, both at /prometheus.
//
//   model_pod --port N --wrapper-port N --deployment NAME --predictor NAME [--bad-after S --good-again-after S]
//
// It answers about kRequestsPerSecond simulated predictions a second. While it is bad, a third of them end in 500 and all are slow.

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>
#include <prometheus/text_serializer.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/strings.h"
#include "tests/doubles/http_server.h"

namespace tocsin::test {
namespace {

constexpr int kRequestsPerSecond = 20;

struct Options {
  int port = 0;
  int wrapper_port = 0;
  std::string deployment = "model";
  std::string predictor = "default";
  int bad_after_s = 0;  // 0: never
  int good_again_after_s = 0;
};

// What the executor of Seldon Core v1 exposes: a histogram and a summary for the server side and for the calls to the model.
class Executor {
 public:
  explicit Executor(const Options& options)
      : common_({{"deployment_name", options.deployment}, {"predictor_name", options.predictor}, {"predictor_version", ""}}) {}

  void Record(bool failed, double seconds) {
    const std::string code = failed ? "500" : "200";
    prometheus::Labels server = common_;
    server.insert({{"service", "predictions"}, {"method", "post"}, {"code", code}});
    prometheus::Labels client = common_;
    client.insert({{"service", "/predict"},
                   {"method", "post"},
                   {"code", code},
                   {"model_name", "classifier"},
                   {"model_image", "seldonio/sklearnserver"},
                   {"model_version", "1.17.1"}});
    server_histogram_.Add(server, Buckets()).Observe(seconds);
    server_summary_.Add(server, Quantiles()).Observe(seconds);
    client_histogram_.Add(client, Buckets()).Observe(seconds * 0.8);
    client_summary_.Add(client, Quantiles()).Observe(seconds * 0.8);
  }

  std::string Page() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  static prometheus::Histogram::BucketBoundaries Buckets() {
    return {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};
  }
  static prometheus::Summary::Quantiles Quantiles() {
    return {{0.5, 0.05}, {0.75, 0.02}, {0.9, 0.01}, {0.98, 0.002}, {0.99, 0.001}, {1.0, 0.0001}};
  }

  const prometheus::Labels common_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Histogram>& server_histogram_ = prometheus::BuildHistogram()
                                                                     .Name("seldon_api_executor_server_requests_seconds")
                                                                     .Help("A histogram of latencies for executor server")
                                                                     .Register(registry_);
  prometheus::Family<prometheus::Summary>& server_summary_ = prometheus::BuildSummary()
                                                                 .Name("seldon_api_executor_server_requests_seconds_summary")
                                                                 .Help("A summary of latencies for executor server")
                                                                 .Register(registry_);
  prometheus::Family<prometheus::Histogram>& client_histogram_ = prometheus::BuildHistogram()
                                                                     .Name("seldon_api_executor_client_requests_seconds")
                                                                     .Help("A histogram of latencies for client calls from executor")
                                                                     .Register(registry_);
  prometheus::Family<prometheus::Summary>& client_summary_ = prometheus::BuildSummary()
                                                                 .Name("seldon_api_executor_client_requests_seconds_summary")
                                                                 .Help("A summary of latencies for client calls from executor")
                                                                 .Register(registry_);
};

// What the Python wrapper exposes: the same HELP and TYPE again for each worker, empty help, families interleaved, `le` in alphabetical
// place.
std::string WrapperPage(const Options& options, int64_t predictions) {
  std::string page;
  for (const std::string_view worker : {"86", "112"}) {
    const std::string labels = Cat("deployment_name=\"", options.deployment, "\",image_name=\"sklearnserver\",image_version=\"1.17.1\",");
    const std::string rest =
        Cat("method=\"predict\",model_image=\"sklearnserver\",model_name=\"classifier\",model_version=\"1.17.1\",predictor_name=\"",
            options.predictor, "\",predictor_version=\"\",seldon_deployment_name=\"", options.deployment, "\",worker_id=\"", worker, "\"");
    const int64_t count = predictions / 2;
    absl::StrAppendFormat(&page, "# HELP mycounter_total \n# TYPE mycounter_total counter\nmycounter_total{%s%s} %d.0\n", labels, rest,
                          count);
    absl::StrAppendFormat(&page, "# HELP mygauge \n# TYPE mygauge gauge\nmygauge{%s%s} 100.0\n", labels, rest);
    page.append("# HELP mytimer \n# TYPE mytimer histogram\n");
    for (const std::string_view bound : {"0.001", "0.0012341553253454693", "0.0015231393670785815", "30.0", "+Inf"}) {
      absl::StrAppendFormat(&page, "mytimer_bucket{%sle=\"%s\",%s} %d.0\n", labels, std::string(bound), rest, bound < "0.0015" ? 0 : count);
    }
    absl::StrAppendFormat(&page, "mytimer_count{%s%s} %d.0\nmytimer_sum{%s%s} %.4f\n", labels, rest, count, labels, rest,
                          0.0014 * static_cast<double>(count));
  }
  return page;
}

class ModelPod {
 public:
  explicit ModelPod(const Options& options) : options_(options), executor_(options) {}

  bool Start() {
    auto executor = HttpServer::Start(options_.port, [this](const HttpRequest& request, HttpResponseWriter& writer) {
      CatchUp();
      Answer(request, executor_.Page(), writer);
    });
    auto wrapper = HttpServer::Start(options_.wrapper_port, [this](const HttpRequest& request, HttpResponseWriter& writer) {
      Answer(request, WrapperPage(options_, CatchUp()), writer);
    });
    if (!executor.ok() || !wrapper.ok()) {
      return false;
    }
    executor_server_ = *std::move(executor);
    wrapper_server_ = *std::move(wrapper);
    return true;
  }

 private:
  static void Answer(const HttpRequest& request, const std::string& page, HttpResponseWriter& writer) {
    if (request.path == "/prometheus") {
      writer.Send(200, "text/plain; version=0.0.4; charset=utf-8", page);
    } else {
      writer.Send(404, "text/plain", "404 page not found\n");
    }
  }

  // Simulates the predictions that belong to the time since the start; returns how many there were in all.
  int64_t CatchUp() {
    MutexLock lock(mu_);
    const double elapsed_s = static_cast<double>(clock_.MonotonicNs() - start_ns_) / 1e9;
    for (; static_cast<double>(done_) < elapsed_s * kRequestsPerSecond; ++done_) {
      const double at_s = static_cast<double>(done_) / kRequestsPerSecond;
      const bool bad = options_.bad_after_s > 0 && at_s >= options_.bad_after_s &&
                       (options_.good_again_after_s == 0 || at_s < options_.good_again_after_s);
      executor_.Record(bad && done_ % 3 == 0, bad ? 1.2 + 0.8 * uniform_(random_) : 0.02 + 0.05 * uniform_(random_));
    }
    return done_;
  }

  const Options options_;
  const SystemClock clock_;
  const int64_t start_ns_ = clock_.MonotonicNs();
  Mutex mu_;
  int64_t done_ GUARDED_BY(mu_) = 0;
  std::mt19937 random_ GUARDED_BY(mu_){7};
  std::uniform_real_distribution<double> uniform_ GUARDED_BY(mu_){0, 1};
  Executor executor_;
  std::unique_ptr<HttpServer> executor_server_;
  std::unique_ptr<HttpServer> wrapper_server_;
};

bool ParseOptions(int argc, char** argv, Options* options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port") {
      options->port = std::atoi(value);
    } else if (name == "--wrapper-port") {
      options->wrapper_port = std::atoi(value);
    } else if (name == "--deployment") {
      options->deployment = value;
    } else if (name == "--predictor") {
      options->predictor = value;
    } else if (name == "--bad-after") {
      options->bad_after_s = std::atoi(value);
    } else if (name == "--good-again-after") {
      options->good_again_after_s = std::atoi(value);
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  tocsin::test::Options options;
  if (!tocsin::test::ParseOptions(argc, argv, &options)) {
    std::fprintf(stderr,
                 "usage: model_pod --port N --wrapper-port N --deployment NAME --predictor NAME [--bad-after S --good-again-after S]\n");
    return 2;
  }
  tocsin::test::ModelPod pod(options);
  if (!pod.Start()) {
    std::fprintf(stderr, "model_pod: cannot listen\n");
    return 1;
  }
  tocsin::test::WaitForTermination();
  return 0;
}
