// What a scrape costs: CPU seconds for a million samples, 35 % of the values changed from one scrape to the next, into a real store.
// Arguments: series of the target, gzip (0, 1), over HTTP (0, 1).
#include <benchmark/benchmark.h>
#include <prometheus/registry.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/compress/compress.h"
#include "base/http_client/http_transfers.h"
#include "base/strings.h"
#include "engine/scrape/ingest.h"
#include "storage/head.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

constexpr DurationMs kBenchInterval = 15 * kSecond;

/// Pages of one target with 10 labels a series, as kube-state-metrics and model servers write them. Two of them take turns; 35 % of the
/// values differ.
std::vector<std::string> MakePages(int64_t series) {
  std::vector<std::string> pages(2);
  for (int64_t i = 0; i < series; ++i) {
    if (i % 100 == 0) {
      const std::string head =
          Cat("# HELP seldon_metric_", i / 100, " A metric of a model server.\n# TYPE seldon_metric_", i / 100, " gauge\n");
      pages[0] += head;
      pages[1] += head;
    }
    const std::string name =
        Cat("seldon_metric_", i / 100, "{deployment_name=\"model-", i % 7,
            "\",predictor_name=\"default\",predictor_version=\"1.0\",model_name=\"classifier\",",
            "model_image=\"seldonio/sklearnserver\",model_version=\"1.2\",service=\"predict\",method=\"post\",code=\"", i % 100, "\"} ");
    const bool changes = i * 7919 % 100 < 35;
    const std::string value = i % 3 == 0 ? Cat(i % 1000, ".", i % 97 + 100) : Cat(i * 31 % 100000);
    pages[0] += name + value + "\n";
    pages[1] += name + (changes ? Cat(i % 1000 + 1, ".25") : value) + "\n";
  }
  return pages;
}

std::vector<std::string> Compressed(const std::vector<std::string>& pages) {
  std::vector<std::string> out(pages.size());
  for (size_t i = 0; i < pages.size(); ++i) {
    GzipEncode(pages[i], &out[i]);
  }
  return out;
}

void ScrapeTarget(benchmark::State& state) {
  const int64_t series = state.range(0);
  const bool gzip = state.range(1) != 0;
  const bool http = state.range(2) != 0;
  const std::vector<std::string> pages = MakePages(series);
  const std::vector<std::string> sent = gzip ? Compressed(pages) : pages;
  std::atomic<size_t> turn{0};
  test::HttpDouble server([&](const test::DoubleRequest&) {
    test::DoubleResponse response{.headers = {{"Content-Type", "text/plain; version=0.0.4"}}, .body = sent[turn++ % 2]};
    if (gzip) {
      response.headers.emplace_back("Content-Encoding", "gzip");
    }
    return response;
  });
  const SystemClock system_clock;
  const auto client = std::make_shared<HttpClient>(HttpClientOptions(), system_clock);
  HttpRequest request;
  request.url = server.Url("/metrics");
  request.decode_content = false;

  ManualClock clock(1'700'000'000'000);
  HeadOptions options;
  options.retention_ms = 10 * kMinute;
  const auto head = Head::OpenMemoryOnly(options, clock);
  Target target;
  target.public_labels = Labels::Of({{"instance", "10.0.0.1:6000"}, {"job", "seldon_models"}});
  ScrapeConfig config;
  config.job_name = "seldon_models";
  config.name_validation_scheme = NameScheme::kUtf8;
  ScrapeMemory memory;
  std::string body;
  std::string page;
  body.reserve(pages[0].size() * 2);
  page.reserve(pages[0].size() * 2);
  int64_t samples = 0;
  const auto scrape = [&] {
    clock.Advance(kBenchInterval);
    if (http) {
      auto response = client->Do(request);
      body = std::move(response->body);
    } else {
      body.assign(sent[turn++ % 2]);
    }
    if (gzip) {
      page.clear();
      ContentDecode("gzip", body, uint64_t{1} << 30, &page).IgnoreError();
    } else {
      page.swap(body);
    }
    const auto appender = head->OpenAppender();
    Ingest ingest(target, config, {}, &memory);
    const absl::Status status = ingest.Run(&page, "text/plain", clock.NowMs(), clock.NowMs(), appender.get());
    if (!status.ok() || !appender->Commit().ok()) {
      state.SkipWithError(std::string(Message(status)).c_str());
    }
    samples += static_cast<int64_t>(ingest.counts().scraped);
  };
  scrape();
  samples = 0;
  for (auto _ : state) {
    scrape();
  }
  state.SetItemsProcessed(samples);
  state.counters["s_per_million"] =
      benchmark::Counter(static_cast<double>(samples) / 1e6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["page_bytes_per_sample"] = static_cast<double>(pages[0].size()) / static_cast<double>(series);
  state.counters["table_bytes_per_series"] = static_cast<double>(memory.lines.MemoryBytes()) / static_cast<double>(series);
}

BENCHMARK(ScrapeTarget)
    ->ArgNames({"series", "gzip", "http"})
    ->Args({50'000, 0, 0})
    ->Args({50'000, 1, 0})
    ->Args({50'000, 0, 1})
    ->Args({500'000, 0, 0})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace tocsin
