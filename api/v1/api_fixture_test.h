#pragma once

#include <gtest/gtest.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "api/v1/api.h"
#include "base/strings.h"

namespace tocsin::api::test {

/// An engine that gives what the test put in.
class FixedEngine : public promql::Engine {
 public:
  absl::StatusOr<promql::QueryResult> Query(Queryable&, const promql::QueryRequest& request) override {
    last = request;
    return result;
  }
  const promql::EngineOptions& options() const override { return options_; }
  absl::StatusOr<std::string> Explain(const promql::QueryRequest&) override { return ""; }
  void SetQueryLog(promql::QueryLog) override {}

  absl::StatusOr<promql::QueryResult> result = promql::QueryResult{.value = promql::Vector(), .annotations = {}, .stats = {}};
  promql::QueryRequest last;

 private:
  promql::EngineOptions options_;
};

/// All of /api/v1 over an empty store, with sources that the test fills.
class ApiFixture : public testing::Test {
 protected:
  ApiFixture() : notifications_(1, clock_, &registry_), head_(Head::OpenMemoryOnly({}, clock_)) {
    sources_.engine = &engine_;
    sources_.queryable = head_.get();
    sources_.store = head_.get();
    sources_.clock = &clock_;
    sources_.notifications = &notifications_;
    sources_.replay_progress = &progress_;
    sources_.readiness = [this] { return readiness_; };
    sources_.rules = [this] { return rules_; };
    sources_.targets = [] { return TargetsStatus(); };
    sources_.pool_names = [] { return std::vector<std::string>{"a", "b"}; };
    sources_.pool_config = [](std::string_view) { return std::shared_ptr<const ScrapeConfig>(); };
    sources_.visit_metadata = [this](const std::function<void(const TargetMetadata&)>& visit) {
      for (const TargetMetadata& target : metadata_) {
        visit(target);
      }
    };
    sources_.self_metrics = [this] { return self_metrics_; };
    sources_.cors_origin = *AnchoredRegex::Create(".*");
    sources_.external_url = "http://example.org/prefix";
    sources_.search_limit_max = 1000;
    RegisterApi(sources_, "", &router_);
  }

  http::Response Ask(std::string target, std::string method = "GET") {
    http::Request request;
    request.method = std::move(method);
    request.target = Cat("/api/v1", target);
    EXPECT_TRUE(http::DecodeTarget(&request));
    return router_.Route(request);
  }

  /// The body, with what is streamed.
  std::string Get(std::string target) {
    http::Response response = Ask(std::move(target));
    std::string body = std::move(response.body);
    while (response.stream && response.stream(&body)) {
    }
    return body;
  }

  /// Of an answer that is 400.
  std::string BadRequest(const std::string& target) {
    const http::Response response = Ask(target);
    EXPECT_EQ(response.status, 400) << target;
    return response.body;
  }

  void Append(const Labels& labels, TimestampMs t, double value) {
    std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result{};
    const SeriesRef ref = appender->GetOrCreate(labels, &result);
    ASSERT_EQ(appender->Append(ref, t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }

  ManualClock clock_{1'435'781'451'781};
  prometheus::Registry registry_;
  Notifications notifications_;
  ReplayProgress progress_;
  FixedEngine engine_;
  std::unique_ptr<Head> head_;
  rules::RulesStatus rules_;
  std::vector<TargetMetadata> metadata_;
  std::vector<prometheus::MetricFamily> self_metrics_;
  Readiness readiness_ = Readiness::kReady;
  Sources sources_;
  http::Router router_;
};

}  // namespace tocsin::api::test
