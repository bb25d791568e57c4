// Clients that mean no good, or cannot do better: each gets a clear answer, and the others do not notice.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "api/http/server.h"
#include "base/strings.h"
#include "tests/support/raw_client.h"

namespace tocsin::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using tocsin::test::BodyOf;
using tocsin::test::RawClient;

class HostileClientTest : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    options.listen = {"127.0.0.1:0"};
    auto started = StartServer(
        options, [](const Request& request) { return TextResponse(200, Cat(request.path, " ", request.headers.size())); }, clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  std::string address() const { return server_->addresses().front(); }
  std::string Answer(const std::string& bytes) const {
    RawClient client(address());
    client.Send(bytes);
    return client.ReadToEnd();
  }
  /// Another client is served as ever.
  void ExpectOthersServed() const {
    RawClient client(address());
    client.Send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(BodyOf(client.ReadResponse()), "/other 1");
  }

  /// When it returns, the server has seen all that was sent before: its one thread takes what the kernel has for all connections, and then
  /// answers two requests one after the other.
  void AwaitInput() const {
    ExpectOthersServed();
    ExpectOthersServed();
  }

  ManualClock clock_{1'000'000};
  std::unique_ptr<Server> server_;
};

TEST_F(HostileClientTest, TimeToSendAHeaderIsLimited) {
  Start();
  RawClient slow(address());
  slow.Send("GET / HTTP/1.1\r\nX: ");
  AwaitInput();
  // A byte now and then does not help.
  clock_.Advance(kHeaderTimeoutMs - 1);
  slow.Send("a");
  AwaitInput();
  clock_.Advance(2);
  EXPECT_THAT(slow.ReadToEnd(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  ExpectOthersServed();
}

TEST_F(HostileClientTest, TimeToSendABodyIsLimited) {
  Start({.read_timeout_ms = kMinute});
  RawClient slow(address());
  slow.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
  EXPECT_THAT(slow.ReadResponse(), StartsWith("HTTP/1.1 100"));
  AwaitInput();
  clock_.Advance(kMinute + 1);
  EXPECT_THAT(slow.ReadToEnd(), StartsWith("HTTP/1.1 408"));
  ExpectOthersServed();
}

TEST_F(HostileClientTest, IdleConnectionsAreClosed) {
  Start({.read_timeout_ms = kMinute});
  RawClient idle(address());
  idle.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(idle.ReadResponse(), StartsWith("HTTP/1.1 200"));
  AwaitInput();
  clock_.Advance(kMinute + 1);
  EXPECT_EQ(idle.ReadToEnd(), "");
}

TEST_F(HostileClientTest, HeadersAreLimitedInSizeHoweverManyThereAre) {
  Start();
  const auto with_headers = [](int count) {
    std::string request = "GET / HTTP/1.1\r\nConnection: close\r\n";
    for (int i = 0; i < count; ++i) {
      Append(&request, "X-", i, ": y\r\n");
    }
    return request + "\r\n";
  };
  EXPECT_THAT(Answer(with_headers(1'000)), HasSubstr("\r\n\r\n/ 1001"));
  EXPECT_THAT(Answer(with_headers(50'000)), StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
  ExpectOthersServed();
}

TEST_F(HostileClientTest, SmuggledAndDamagedFramesAreRefused) {
  Start();
  const std::string line = "POST / HTTP/1.1\r\nHost: x\r\n";
  for (const char* headers : {
           "Content-Length: 1\r\nContent-Length: 2\r\n",
           "Content-Length: 1, 2\r\n",
           "Content-Length: +1\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length: 0x1\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
           "X y: z\r\n",
           "X : z\r\n",
           ": z\r\n",
           "X\r\n",
           "X: a\rb\r\n",
           "X: a\nb\r\n",
       }) {
    EXPECT_THAT(Answer(Cat(line, headers, "\r\nA")), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << headers;
  }
  for (const char* chunks : {"x\r\n", "-1\r\n", "fffffffffffffffff\r\n"}) {
    EXPECT_THAT(Answer(Cat(line, "Transfer-Encoding: chunked\r\n\r\n", chunks)),
                testing::AnyOf(StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.1 413")))
        << chunks;
  }
  ExpectOthersServed();
}

TEST_F(HostileClientTest, PathsStayPaths) {
  Start();
  const auto path = [this](const std::string& target) { return Answer(Cat("GET ", target, " HTTP/1.1\r\nConnection: close\r\n\r\n")); };
  EXPECT_THAT(path("/a/../../etc/passwd"), HasSubstr("\r\n\r\n/a/../../etc/passwd 1"));
  EXPECT_THAT(path("/%2e%2e/%2e%2e/etc"), HasSubstr("\r\n\r\n/../../etc 1"));
  EXPECT_THAT(path("/a%00b"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(path("/a%0d%0aX:%20y"), testing::Not(HasSubstr("\r\nX: y\r\n\r\n/a")));
  EXPECT_THAT(path("/%ff%fe"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(path("/%"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(path("http://elsewhere/x"), HasSubstr("\r\n\r\n/x 1"));
  EXPECT_THAT(path("elsewhere:443"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HostileClientTest, OtherProtocolsGetAnAnswer) {
  Start();
  EXPECT_THAT(Answer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), testing::AnyOf(StartsWith("HTTP/1.1 505"), StartsWith("HTTP/1.1 400")));
  EXPECT_THAT(Answer(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  ExpectOthersServed();
}

TEST_F(HostileClientTest, TenThousandConnectionsAreRefusedAboveTheLimit) {
  constexpr int kLimit = 512;
  constexpr int kAttempts = 10'000;
  Start({.connections_max = kLimit});
  std::vector<std::unique_ptr<RawClient>> kept;
  for (int i = 0; i < kLimit; ++i) {
    kept.push_back(std::make_unique<RawClient>(address()));
    kept.back()->Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(kept.back()->ReadResponse(), StartsWith("HTTP/1.1 200"));
  }
  for (int i = kLimit; i < kAttempts; ++i) {
    RawClient refused(address());
    const std::string answer = refused.ReadToEnd();
    ASSERT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n")) << i;
    ASSERT_THAT(answer, HasSubstr("too many connections"));
  }
  EXPECT_EQ(server_->stats().connections, kLimit);
  EXPECT_EQ(server_->stats().connections_refused, static_cast<uint64_t>(kAttempts - kLimit));
  // Those inside are still served, and a place that becomes free is given to the next one.
  kept.back()->Send("GET /in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(kept.back()->ReadToEnd(), HasSubstr("/in 2"));
  ExpectOthersServed();
}

}  // namespace
}  // namespace tocsin::http
