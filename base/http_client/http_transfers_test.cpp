#include "base/http_client/http_transfers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/mutex.h"
#include "base/strings.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;
using test::HttpDouble;

/// Waits for the answers of many transfers.
class Answers {
 public:
  HttpTransfers::Done Collect(std::string key) {
    return [this, key](absl::StatusOr<HttpResponse> result) {
      MutexLock lock(mu_);
      answers_[key] = result.ok() ? Cat(result->status, " ", result->body) : std::string(Message(result.status()));
      arrived_.NotifyAll();
    };
  }
  std::map<std::string, std::string> Wait(size_t count) {
    MutexLock lock(mu_);
    while (answers_.size() < count) {
      arrived_.Wait(mu_);
    }
    return answers_;
  }

 private:
  Mutex mu_;
  CondVar arrived_;
  std::map<std::string, std::string> answers_ GUARDED_BY(mu_);
};

HttpRequest GetOf(std::string url, DurationMs timeout_ms = 30'000) {
  HttpRequest request;
  request.url = std::move(url);
  request.timeout_ms = timeout_ms;
  return request;
}

TEST(HttpTransfers, KeepsConnectionsBetweenRounds) {
  SystemClock clock;
  HttpDouble server([](const DoubleRequest& request) { return DoubleResponse{.body = request.target}; });
  const auto client = std::make_shared<HttpClient>(HttpClientOptions(), clock);
  HttpTransfers transfers({4, 100});
  for (int round = 0; round < 3; ++round) {
    Answers answers;
    for (int i = 0; i < 20; ++i) {
      transfers.Start(client, GetOf(server.Url(Cat("/", i))), "", answers.Collect(Cat(i)));
    }
    const auto got = answers.Wait(20);
    for (const auto& [key, body] : got) {
      EXPECT_EQ(body, "200 /" + key);
    }
  }
  EXPECT_LE(server.connections(), 4);
  EXPECT_EQ(server.requests(), 60);
}

TEST(HttpTransfers, HangingTargetsGiveTheirSlots) {
  SystemClock clock;
  HttpDouble server([](const DoubleRequest& request) { return DoubleResponse{.body = "ok", .hang = request.target == "/hang"}; });
  const auto client = std::make_shared<HttpClient>(HttpClientOptions(), clock);
  Answers answers;
  {
    HttpTransfers transfers({2, 100});
    for (int i = 0; i < 6; ++i) {
      transfers.Start(client, GetOf(server.Url("/hang")), "", answers.Collect(Cat("hang", i)));
    }
    Answers quick;
    transfers.Start(client, GetOf(server.Url("/quick")), "", quick.Collect("quick"));
    EXPECT_EQ(quick.Wait(1).at("quick"), "200 ok");
  }
  // The end of the loop cancels the others.
  for (const auto& [key, text] : answers.Wait(6)) {
    EXPECT_EQ(text, "context canceled");
  }
}

TEST(HttpTransfers, WaitingInLineCountsForTheTimeout) {
  SystemClock clock;
  HttpDouble server([](const DoubleRequest&) { return DoubleResponse{.hang = true}; });
  const auto client = std::make_shared<HttpClient>(HttpClientOptions(), clock);
  HttpTransfers transfers({1, 10});
  Answers answers;
  transfers.Start(client, GetOf(server.Url("/first"), 100), "", answers.Collect("first"));
  transfers.Start(client, GetOf(server.Url("/second"), 100), "", answers.Collect("second"));
  for (const auto& [key, text] : answers.Wait(2)) {
    EXPECT_EQ(text, Cat("Get \"", server.Url("/" + key), "\": context deadline exceeded"));
  }
}

TEST(HttpTransfers, OneTokenForAllWhoWait) {
  SystemClock clock;
  HttpDouble issuer([](const DoubleRequest&) { return DoubleResponse{.body = R"({"access_token":"tok"})"}; });
  HttpDouble server([](const DoubleRequest& request) { return DoubleResponse{.body = request.Header("authorization")}; });
  OAuth2Options oauth2;
  oauth2.token_url = issuer.Url("/");
  HttpClientOptions options;
  options.oauth2 = std::make_shared<OAuth2Options>(oauth2);
  const auto client = std::make_shared<HttpClient>(options, clock);
  HttpTransfers transfers({4, 10});
  Answers answers;
  for (int i = 0; i < 10; ++i) {
    transfers.Start(client, GetOf(server.Url("/")), "", answers.Collect(Cat(i)));
  }
  for (const auto& [key, body] : answers.Wait(10)) {
    EXPECT_EQ(body, "200 Bearer tok");
  }
  EXPECT_EQ(issuer.requests(), 1);
}

TEST(HttpTransfers, RedirectsAndRefusals) {
  SystemClock clock;
  HttpDouble server([](const DoubleRequest& request) {
    return request.target == "/a" ? DoubleResponse{.status = 302, .headers = {{"Location", "/b"}}} : DoubleResponse{.body = "b"};
  });
  const auto client = std::make_shared<HttpClient>(HttpClientOptions(), clock);
  HttpTransfers transfers({2, 10});
  Answers answers;
  transfers.Start(client, GetOf(server.Url("/a")), "", answers.Collect("redirect"));
  transfers.Start(client, GetOf("http://127.0.0.1:1/x"), "", answers.Collect("refused"));
  transfers.Start(client, GetOf("gopher://x"), "", answers.Collect("scheme"));
  const auto got = answers.Wait(3);
  EXPECT_EQ(got.at("redirect"), "200 b");
  EXPECT_EQ(got.at("refused"), "Get \"http://127.0.0.1:1/x\": dial tcp 127.0.0.1:1: connect: connection refused");
  EXPECT_EQ(got.at("scheme"), "Get \"gopher://x\": unsupported protocol scheme \"gopher\"");
}

}  // namespace
}  // namespace tocsin
