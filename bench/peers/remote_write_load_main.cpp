// Sends the simulated cluster by remote write 1.0, as fast as it is taken.
//
//   remote_write_load --url URL --series N --samples N --step-ms N --end-ms N [--batch N] [--churn N] [--live-s N]
//
// Sample k of each series has the time end - (samples - 1 - k) * step. Prints "N samples in S s". --churn N renames the pods by generation
// N, so that all series are new ones. --live-s N goes on from there for N seconds: a sample of each series every step, when its time comes;
// prints "live" when it has caught up with the clock.

#include <snappy.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "bench/peers/cluster_series.h"

namespace tocsin::bench {
namespace {

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) {
    out->push_back(static_cast<char>(value | 0x80));
  }
  out->push_back(static_cast<char>(value));
}

void AppendBytes(int field, std::string_view bytes, std::string* out) {
  AppendVarint(static_cast<uint64_t>(field) << 3 | 2, out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

// Labels of TimeSeries (field 1 of prometheus.TimeSeries), made once for each series.
std::string EncodeLabels(const Labels& labels) {
  std::string out;
  for (const Label label : labels) {
    std::string pair;
    AppendBytes(1, label.name, &pair);
    AppendBytes(2, label.value, &pair);
    AppendBytes(1, pair, &out);
  }
  return out;
}

Labels ParseOwnText(const std::string& text, int64_t churn) {
  LabelsBuilder labels;
  const size_t brace = text.find('{');
  labels.Set(kMetricName, text.substr(0, brace));
  labels.Set("job", "load");
  labels.Set("instance", Cat("load-", churn));
  for (size_t at = brace + 1; at < text.size();) {
    const size_t equals = text.find("=\"", at);
    if (equals == std::string::npos) {
      break;
    }
    const size_t end = text.find('"', equals + 2);
    labels.Set(text.substr(at, equals - at), text.substr(equals + 2, end - equals - 2));
    at = end + 2;
  }
  return labels.Build();
}

void AppendSample(TimestampMs t, double value, std::string* out) {
  std::string sample;
  sample.push_back(0x09);
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  sample.append(reinterpret_cast<const char*>(&bits), 8);
  sample.push_back(0x10);
  AppendVarint(static_cast<uint64_t>(t), &sample);
  AppendBytes(2, sample, out);
}

class Sender {
 public:
  explicit Sender(std::string url) : url_(std::move(url)) {}

  bool Send(const std::string& write_request) {
    std::string body;
    snappy::Compress(write_request.data(), write_request.size(), &body);
    tocsin::HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {
        {"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Write-Version", "0.1.0"}};
    request.body = std::move(body);
    const auto answer = client_.Do(request);
    if (!answer.ok() || !answer->ok()) {
      std::fprintf(stderr, "remote_write_load: %s\n", answer.ok() ? answer->body.c_str() : std::string(Message(answer.status())).c_str());
      return false;
    }
    return true;
  }

 private:
  const std::string url_;
  const SystemClock clock_;
  HttpClient client_{HttpClientOptions{}, clock_};
};

int Run(std::map<std::string, std::string> options) {
  const int64_t series = std::atoll(options["--series"].c_str());
  const int64_t samples = std::atoll(options["--samples"].c_str());
  const int64_t step_ms = std::atoll(options["--step-ms"].c_str());
  const int64_t end_ms = std::atoll(options["--end-ms"].c_str());
  const int64_t batch = options.contains("--batch") ? std::atoll(options["--batch"].c_str()) : 5000;
  std::vector<std::string> labels;
  for (int64_t i = 0; i < series; ++i) {
    labels.push_back(EncodeLabels(ParseOwnText(SeriesAt(i).text, std::atoll(options["--churn"].c_str()))));
  }
  Sender sender(options["--url"]);
  const SystemClock clock;
  const int64_t begin_ns = clock.MonotonicNs();
  std::string request;
  int64_t pending = 0;
  // One sample of every series; a request is sent when it is full, the last one with `flush`.
  const auto send_all = [&](int64_t k, bool flush) {
    for (int64_t i = 0; i < series; ++i) {
      std::string one = labels[static_cast<size_t>(i)];
      AppendSample(end_ms - (samples - 1 - k) * step_ms, ValueAt(i, k), &one);
      AppendBytes(1, one, &request);
      if (++pending == batch || (flush && i == series - 1)) {
        if (!sender.Send(request)) {
          return false;
        }
        request.clear();
        pending = 0;
      }
    }
    return true;
  };
  for (int64_t k = 0; k < samples; ++k) {
    if (!send_all(k, k == samples - 1)) {
      return 1;
    }
  }
  std::printf("%lld samples in %.2f s\n", static_cast<long long>(series * samples),
              static_cast<double>(clock.MonotonicNs() - begin_ns) / 1e9);
  std::fflush(stdout);
  const TimestampMs live_until = clock.NowMs() + std::atoll(options["--live-s"].c_str()) * kSecond;
  const StopToken never;
  bool caught_up = false;
  for (int64_t k = samples; clock.NowMs() < live_until; ++k) {
    const TimestampMs due = end_ms + (k - samples + 1) * step_ms;
    if (due > clock.NowMs() && !caught_up) {
      caught_up = true;
      std::printf("live\n");
      std::fflush(stdout);
    }
    clock.WaitUntil(due, never);
    if (!send_all(k, true)) {
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) {
    options[argv[i]] = argv[i + 1];
  }
  for (const char* name : {"--url", "--series", "--samples", "--step-ms", "--end-ms"}) {
    if (!options.contains(name)) {
      std::fprintf(
          stderr,
          "usage: remote_write_load --url URL --series N --samples N --step-ms N --end-ms N [--batch N] [--churn N] [--live-s N]\n");
      return 2;
    }
  }
  return tocsin::bench::Run(std::move(options));
}
