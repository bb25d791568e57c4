#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/http_client/http_transfers.h"
#include "base/http_client/plain_request.h"
#include "base/http_client/plain_response.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;
using test::HttpDouble;

HttpRequest PlainGet(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.decode_content = false;
  request.headers = {{"Accept", "text/plain"}};
  return request;
}

/// Starts it and waits for its answer: "200 body", or the error's text.
std::string Fetch(HttpTransfers& transfers, const std::shared_ptr<HttpClient>& client, HttpRequest request, std::string buffer = "") {
  Mutex mu;
  CondVar arrived;
  bool done = false;
  std::string text;
  transfers.Start(client, std::move(request), std::move(buffer), [&](const absl::StatusOr<HttpResponse>& response) {
    MutexLock lock(mu);
    text = response.ok() ? Cat(response->status_text, "|", response->body) : std::string(Message(response.status()));
    done = true;
    arrived.NotifyAll();
  });
  MutexLock lock(mu);
  while (!done) {
    arrived.Wait(mu);
  }
  return text;
}

std::string RawAnswer(const DoubleRequest& request) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
  if (request.target == "/chunks") {
    return Cat(head, "Transfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n8\r\nb 2\nc 3\n\r\n0\r\n\r\n");
  }
  if (request.target == "/chunks-with-trailer") {
    return Cat(head, "Transfer-Encoding: chunked\r\n\r\n4;x=y\r\na 1\n\r\n0\r\nT: 1\r\n\r\n");
  }
  if (request.target == "/until-end") {
    return "HTTP/1.0 200 OK\r\n\r\na 1\n";
  }
  if (request.target == "/cut") {
    return Cat(head, "Content-Length: 100\r\n\r\na 1\n");
  }
  if (request.target == "/garbage") {
    return "}{ garbage\r\n\r\n";
  }
  return Cat("HTTP/1.1 100 Continue\r\n\r\n", head, "Content-Length: 4\r\n\r\na 1\n");
}

class PlainTransfers : public ::testing::Test {
 protected:
  std::string Get(const std::string& url, std::string buffer = "") { return Fetch(transfers_, client_, PlainGet(url), std::move(buffer)); }

  SystemClock clock_;
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(HttpClientOptions(), clock_);
  HttpTransfers transfers_{{4, 10}};
};

TEST_F(PlainTransfers, EveryFormOfBody) {
  HttpDouble server([](const DoubleRequest& request) { return DoubleResponse{.raw = RawAnswer(request)}; });
  EXPECT_EQ(Get(server.Url("/chunks")), "200 OK|a 1\nb 2\nc 3\n");
  EXPECT_EQ(Get(server.Url("/until-end"), std::string(50'000, 'x')), "200 OK|a 1\n");
  EXPECT_EQ(Get(server.Url("/cut")), "unexpected EOF");
  // What the plain way leaves to libcurl is the same from there.
  EXPECT_EQ(Get(server.Url("/chunks-with-trailer")), "200 OK|a 1\n");
  EXPECT_EQ(Get(server.Url("/continue")), "200 OK|a 1\n");
  EXPECT_EQ(Get(server.Url("/garbage")),
            Cat("Get \"", server.Url("/garbage"), "\": net/http: HTTP/1.x transport connection broken: malformed HTTP response"));
}

TEST_F(PlainTransfers, KeepsConnectionsAndBuffers) {
  const std::string page(3'000'000, 'p');
  HttpDouble server([&](const DoubleRequest& request) { return DoubleResponse{.body = request.target == "/large" ? page : "small"}; });
  for (const size_t buffer_bytes : {0, 10, 100'000, 5'000'000}) {
    EXPECT_EQ(Get(server.Url("/large"), std::string(buffer_bytes, 'x')), Cat("200 OK|", page));
    EXPECT_EQ(Get(server.Url("/small"), std::string(buffer_bytes, 'x')), "200 OK|small");
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests(), 8);
}

TEST_F(PlainTransfers, AClosedConnectionIsOpenedAnew) {
  int port = 0;
  {
    HttpDouble first([](const DoubleRequest&) { return DoubleResponse{.headers = {{"Connection", "close"}}, .body = "a"}; });
    EXPECT_EQ(Get(first.Url("/")), "200 OK|a");
    EXPECT_EQ(Get(first.Url("/")), "200 OK|a");
    EXPECT_EQ(first.connections(), 2);
    port = first.port();
  }
  EXPECT_EQ(Get(Cat("http://127.0.0.1:", port, "/x")),
            Cat("Get \"http://127.0.0.1:", port, "/x\": dial tcp 127.0.0.1:", port, ": connect: connection refused"));
}

TEST_F(PlainTransfers, RedirectsAreAskedOfLibcurlOnceOnly) {
  HttpDouble server([](const DoubleRequest& request) {
    return request.target == "/a" ? DoubleResponse{.status = 302, .headers = {{"Location", "/b"}}} : DoubleResponse{.body = "b"};
  });
  EXPECT_EQ(Get(server.Url("/a")), "200 OK|b");
  EXPECT_EQ(server.requests(), 3);
  EXPECT_EQ(Get(server.Url("/a")), "200 OK|b");
  EXPECT_EQ(server.requests(), 5);
}

TEST_F(PlainTransfers, LimitsAndResets) {
  HttpDouble server([](const DoubleRequest& request) {
    return request.target == "/reset" ? DoubleResponse{.reset = true} : DoubleResponse{.body = "12345", .hang = request.target == "/hang"};
  });
  HttpRequest request = PlainGet(server.Url("/"));
  request.body_bytes_max = 5;
  EXPECT_EQ(Fetch(transfers_, client_, request), "200 OK|12345");
  request.body_bytes_max = 4;
  EXPECT_EQ(Fetch(transfers_, client_, request), "body size limit exceeded");
  EXPECT_THAT(Get(server.Url("/reset")), ::testing::EndsWith("connection reset by peer"));
  request = PlainGet(server.Url("/hang"));
  request.timeout_ms = 50;
  EXPECT_EQ(Fetch(transfers_, client_, request), Cat("Get \"", server.Url("/hang"), "\": context deadline exceeded"));
}

TEST_F(PlainTransfers, SendsCredentialsAndHeaders) {
  HttpDouble server([](const DoubleRequest& request) {
    return DoubleResponse{
        .body = Cat(request.target, " ", request.Header("host"), " ", request.Header("authorization"), " ", request.Header("x-a"))};
  });
  HttpClientOptions options;
  AuthorizationOptions authorization;
  authorization.credentials = Secret("tok");
  options.authorization = std::make_shared<AuthorizationOptions>(authorization);
  options.http_headers["X-A"].values = {"b"};
  const auto client = std::make_shared<HttpClient>(options, clock_);
  EXPECT_EQ(Fetch(transfers_, client, PlainGet(server.Url("/p?q=1"))), Cat("200 OK|/p?q=1 ", server.host(), " Bearer tok b"));
}

TEST(PlainRequest, OnlyWhatNeedsNoLibrary) {
  const auto text = [](std::string url, HttpHeaders headers = {}) {
    const std::optional<PlainRequest> plain = MakePlainRequest(PlainGet(std::move(url)), headers);
    return plain.has_value() ? Cat(plain->host_port, "|", plain->text) : "";
  };
  EXPECT_EQ(text("http://10.0.0.1/m", {{"A", "b"}, {"C", ""}}), "10.0.0.1:80|GET /m HTTP/1.1\r\nHost: 10.0.0.1\r\nA: b\r\nC:\r\n\r\n");
  EXPECT_EQ(text("http://[::1]:9100"), "[::1]:9100|GET / HTTP/1.1\r\nHost: [::1]:9100\r\n\r\n");
  for (const std::string url :
       {"http://localhost/m", "http://u:p@10.0.0.1/m", "http://10.0.0.1/a/../b", "http://10.0.0.1/a#b", "http://10.1/m",
        "http://10.0.0.1:0/m", "http://10.0.0.1:99999/m", "http://10.0.0.1/a b", "http://10.0.0.1?a=b"}) {
    EXPECT_EQ(text(url), "") << url;
  }
  EXPECT_EQ(text("http://10.0.0.1/m", {{"A", "b\r\nC: d"}}), "");
  EXPECT_EQ(text("http://10.0.0.1/m", {{"Host", "b"}}), "");
}

TEST(PlainResponse, HeadsAboveTheLimitAreLeftToTheLibrary) {
  for (const size_t bytes : {PlainResponse::kHeadBytesMax, PlainResponse::kHeadBytesMax + 1}) {
    const std::string front = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ";
    const std::string head = Cat(front, std::string(bytes - front.size() - 4, 'a'), "\r\n\r\n");
    PlainResponse response("", 100);
    size_t sent = 0;
    while (response.state() == PlainResponse::State::kHead) {
      const std::span<char> room = response.Room();
      const size_t count = std::min(room.size(), head.size() - sent);
      std::memcpy(room.data(), head.data() + sent, count);
      sent += count;
      response.Received(count);
    }
    EXPECT_EQ(response.state(), bytes > PlainResponse::kHeadBytesMax ? PlainResponse::State::kUnusual : PlainResponse::State::kDone);
  }
}

}  // namespace
}  // namespace tocsin
