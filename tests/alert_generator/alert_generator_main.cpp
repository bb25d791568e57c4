// Plays the alert generator's scenarios in real time against a running server, whose rule file is the corpus's rules.yaml and whose only
// Alertmanager is this program: sends the samples by remote write, looks at the API, and records what is notified.
//
//   alert_generator --url URL --alertmanager-port N --scenarios FILE
//
// Takes about 50 minutes. Prints every difference and "N checks, N differences"; the exit code is 1 when there is one.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/json/reader.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/time_text.h"
#include "promql/series_description.h"
#include "tests/doubles/http_server.h"
#include "tests/doubles/url_encode.h"
#include "tests/support/alert_scenarios.h"
#include "tests/support/write_request_builder.h"

namespace tocsin::test {
namespace {

constexpr DurationMs kRoundTripMs = 5 * kSecond;
constexpr DurationMs kToleranceMs = kScenarioRoundMs + 2 * kRoundTripMs;
constexpr DurationMs kPollMs = 5 * kSecond;

Labels ReadJsonLabels(JsonValue object) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : object.members()) {
    pairs.emplace_back(name, value.text());
  }
  return Labels::FromPairs(std::move(pairs));
}

TimestampMs ReadTime(JsonValue value) {
  const auto time = ParseRfc3339(value.text());
  return time.ok() ? ToMs(*time) : 0;
}

/// The Alertmanager: what it was sent of each alert, in the times of the scenarios.
class Recorder {
 public:
  explicit Recorder(const Clock& clock) : clock_(clock) {}

  void Begin(TimestampMs begin) {
    MutexLock lock(mu_);
    begin_ = begin;
  }

  void Answer(const HttpRequest& request, HttpResponseWriter& writer) {
    MutexLock lock(mu_);
    const TimestampMs now = clock_.NowMs();
    JsonDocument document;
    const auto root = document.Parse(request.body);
    if (request.path != "/api/v2/alerts" || !root.ok()) {
      ++bad_requests_;
      writer.Send(400, "text/plain", "");
      return;
    }
    for (const JsonValue& alert : root->items()) {
      const TimestampMs ends_at = ReadTime(alert["endsAt"]);
      bad_requests_ += alert["generatorURL"].text().starts_with("http") ? 0 : 1;
      sent_[ReadJsonLabels(alert["labels"])].push_back(SentAlert{now - begin_, ends_at <= now, ReadTime(alert["startsAt"]) - begin_,
                                                                 ends_at - begin_, ReadJsonLabels(alert["annotations"])});
    }
    writer.Send(200, "application/json", "");
  }

  std::map<Labels, std::vector<SentAlert>> sent() const {
    MutexLock lock(mu_);
    return sent_;
  }
  int bad_requests() const {
    MutexLock lock(mu_);
    return bad_requests_;
  }

 private:
  const Clock& clock_;
  mutable Mutex mu_;
  TimestampMs begin_ GUARDED_BY(mu_) = 0;
  int bad_requests_ GUARDED_BY(mu_) = 0;
  std::map<Labels, std::vector<SentAlert>> sent_ GUARDED_BY(mu_);
};

/// A series of the scenarios with its values, read once.
struct PlannedSeries {
  LabelPairs labels;
  std::vector<promql::SequenceValue> values;
};

class Run {
 public:
  Run(std::string url, std::vector<AlertScenario> scenarios, Recorder& recorder, const Clock& clock)
      : url_(std::move(url)), scenarios_(std::move(scenarios)), recorder_(recorder), clock_(clock) {
    for (const AlertScenario& scenario : scenarios_) {
      for (const auto& [labels, values] : scenario.series) {
        PlannedSeries series;
        for (const Label label : labels) {
          series.labels.emplace_back(label.name, label.value);
        }
        series.values = promql::ParseSeriesDescription(Cat("{} ", values)).value().values;
        series_.push_back(std::move(series));
      }
      for (const ExpectedAlert& alert : scenario.alerts) {
        for (const ExpectedNotifications& window : alert.notifications) {
          length_ms_ = std::max(length_ms_, window.to + 2 * kScenarioResendMs);
        }
      }
    }
  }

  void Play() {
    begin_ = clock_.NowMs();
    recorder_.Begin(begin_);
    const StopToken never;
    TimestampMs next_sample = 0;
    for (TimestampMs at = 0; at < length_ms_; at += kPollMs) {
      clock_.WaitUntil(begin_ + at, never);
      if (at >= next_sample) {
        SendSamples(static_cast<size_t>(next_sample / kScenarioSampleMs));
        next_sample += kScenarioSampleMs;
      }
      LookAtAlerts();
      LookAtSeries();
      if (at >= 2 * kScenarioRoundMs) {
        LookAtRules();
      }
      if (at % (5 * kMinute) == 0) {
        std::printf("%lld of %lld minutes, %zu differences\n", static_cast<long long>(at / kMinute),
                    static_cast<long long>(length_ms_ / kMinute), problems_.size());
        std::fflush(stdout);
      }
    }
    CheckNotifications();
  }

  const std::vector<std::string>& problems() const { return problems_; }
  size_t checks() const { return checks_; }

 private:
  TimestampMs Now() const { return clock_.NowMs() - begin_; }

  void SendSamples(size_t k) {
    std::vector<SeriesToSend> all;
    for (const PlannedSeries& series : series_) {
      if (k < series.values.size() && !series.values[k].omitted) {
        SeriesToSend one;
        one.labels = series.labels;
        one.samples.push_back({series.values[k].value, begin_ + static_cast<TimestampMs>(k) * kScenarioSampleMs});
        all.push_back(std::move(one));
      }
    }
    if (all.empty()) {
      return;
    }
    tocsin::HttpRequest request;
    request.method = "POST";
    request.url = url_ + "/api/v1/write";
    request.headers = {
        {"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Write-Version", "0.1.0"}};
    request.body = Snappy(EncodeV1(all));
    const auto answer = client_.Do(request);
    if (!answer.ok() || !answer->ok()) {
      problems_.push_back(Cat("sample ", k, " was not taken: ", answer.ok() ? answer->body : std::string(Message(answer.status()))));
    }
  }

  /// The member "data" of an answer; null when there is none. It lives until the next call.
  JsonValue Data(const std::string& path) {
    tocsin::HttpRequest request;
    request.url = url_ + path;
    const auto answer = client_.Do(request);
    const auto root = answer.ok() ? document_.Parse(answer->body) : absl::StatusOr<JsonValue>(answer.status());
    if (!root.ok() || (*root)["status"].text() != "success") {
      problems_.push_back(Cat(path, " has no answer"));
      return {};
    }
    return (*root)["data"];
  }

  template <typename Each>
  void ForEachExpected(Each each) {
    for (const AlertScenario& scenario : scenarios_) {
      for (const ExpectedAlert& alert : scenario.alerts) {
        each(alert);
        ++checks_;
      }
    }
  }

  void LookAtAlerts() {
    const TimestampMs at = Now();
    std::map<Labels, SeenAlert> seen;
    for (const JsonValue& alert : Data("/api/v1/alerts")["alerts"].items()) {
      const auto value = ParseGoFloatOrError(alert["value"].text());
      seen[ReadJsonLabels(alert["labels"])] = SeenAlert{std::string(alert["state"].text()), value.ok() ? *value : -1,
                                                        ReadTime(alert["activeAt"]) - begin_, ReadJsonLabels(alert["annotations"])};
    }
    ForEachExpected([&](const ExpectedAlert& alert) {
      const auto found = seen.find(alert.labels);
      CheckSeenAlert(alert, at, found == seen.end() ? nullptr : &found->second, kToleranceMs, &problems_);
      if (found != seen.end()) {
        seen.erase(found);
      }
    });
    for (const auto& [labels, alert] : seen) {
      problems_.push_back(Cat("nobody expects the alert ", labels.ToString(), " at ", at));
    }
  }

  /// The same by the series that alerts write.
  void LookAtSeries() {
    const TimestampMs at = Now();
    std::map<Labels, std::string> states;
    for (const JsonValue& element : Data("/api/v1/query?query=" + UrlEncode("ALERTS"))["result"].items()) {
      LabelsBuilder labels(ReadJsonLabels(element["metric"]));
      const std::string state = element["metric"]["alertstate"].text().empty() ? "" : std::string(element["metric"]["alertstate"].text());
      labels.Delete(kMetricName);
      labels.Delete("alertstate");
      if (!states.emplace(labels.Build(), state).second) {
        problems_.push_back(Cat("two series of ", labels.Build().ToString(), " at ", at));
      }
    }
    ForEachExpected([&](const ExpectedAlert& alert) {
      LabelsBuilder labels(alert.labels);
      labels.Delete("alertstate");
      const auto found = states.find(labels.Build());
      const std::string state = found == states.end() ? "inactive" : found->second;
      for (const ExpectedPhase& phase : alert.phases) {
        if (at >= phase.from + kToleranceMs && at < phase.to - kToleranceMs && state != phase.state) {
          problems_.push_back(Cat("ALERTS of ", alert.labels.ToString(), " at ", at, ": ", state, " instead of ", phase.state));
        }
      }
    });
  }

  void LookAtRules() {
    const TimestampMs now = clock_.NowMs();
    std::set<std::string> found;
    for (const JsonValue& group : Data("/api/v1/rules")["groups"].items()) {
      const std::string name(group["name"].text());
      found.insert(name);
      for (const JsonValue& rule : group["rules"].items()) {
        ++checks_;
        const std::string what = Cat("rule ", rule["name"].text(), " at ", now - begin_, ": ");
        if (rule["health"].text() != "ok" || !rule["lastError"].text().empty()) {
          problems_.push_back(Cat(what, "health ", rule["health"].text(), " ", rule["lastError"].text()));
        }
        if (now - ReadTime(rule["lastEvaluation"]) > kScenarioRoundMs + kRoundTripMs) {
          problems_.push_back(Cat(what, "last evaluated ", rule["lastEvaluation"].text()));
        }
        std::string state = "inactive";
        for (const JsonValue& alert : rule["alerts"].items()) {
          state = state == "firing" ? state : std::string(alert["state"].text());
        }
        if (rule["state"].text() != state) {
          problems_.push_back(Cat(what, "state ", rule["state"].text(), " instead of ", state));
        }
      }
    }
    for (const AlertScenario& scenario : scenarios_) {
      if (!found.contains(scenario.group)) {
        problems_.push_back(Cat("no group ", scenario.group));
      }
    }
  }

  void CheckNotifications() {
    std::map<Labels, std::vector<SentAlert>> sent = recorder_.sent();
    ForEachExpected([&](const ExpectedAlert& alert) {
      CheckSentAlerts(alert, sent[alert.labels], kToleranceMs, &problems_);
      sent.erase(alert.labels);
    });
    for (const auto& [labels, alerts] : sent) {
      problems_.push_back(Cat("nobody expects ", labels.ToString(), " to be sent"));
    }
    if (recorder_.bad_requests() > 0) {
      problems_.push_back(Cat(recorder_.bad_requests(), " notifications that no Alertmanager would take"));
    }
  }

  const std::string url_;
  const std::vector<AlertScenario> scenarios_;
  Recorder& recorder_;
  const Clock& clock_;
  tocsin::HttpClient client_{HttpClientOptions{}, clock_};
  JsonDocument document_;
  std::vector<PlannedSeries> series_;
  DurationMs length_ms_ = 0;
  TimestampMs begin_ = 0;
  size_t checks_ = 0;
  std::vector<std::string> problems_;
};

int Main(const std::map<std::string, std::string>& options) {
  const auto option = [&](const std::string& name) {
    const auto found = options.find(name);
    return found == options.end() ? std::string() : found->second;
  };
  const SystemClock clock;
  Recorder recorder(clock);
  const auto server = HttpServer::Start(std::atoi(option("--alertmanager-port").c_str()),
                                        [&](const HttpRequest& request, HttpResponseWriter& writer) { recorder.Answer(request, writer); });
  const auto scenarios = ReadAlertScenarios(option("--scenarios"));
  if (!server.ok() || !scenarios.ok() || option("--url").empty()) {
    std::fprintf(stderr, "usage: alert_generator --url URL --alertmanager-port N --scenarios FILE\n");
    return 2;
  }
  Run run(option("--url"), *scenarios, recorder, clock);
  run.Play();
  for (const std::string& problem : run.problems()) {
    std::printf("%s\n", problem.c_str());
  }
  std::printf("%zu checks, %zu differences\n", run.checks(), run.problems().size());
  return run.problems().empty() ? 0 : 1;
}

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) {
    options[argv[i]] = argv[i + 1];
  }
  return tocsin::test::Main(options);
}
