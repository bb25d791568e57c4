#include "api/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <future>

#include "base/compress/compress.h"
#include "base/strings.h"
#include "tests/support/raw_client.h"

namespace tocsin::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using tocsin::test::BodyOf;
using tocsin::test::RawClient;

class ServerTest : public testing::Test {
 protected:
  void StartWith(RootHandler handler) { StartWith(ServerOptions{}, std::move(handler)); }
  void StartWith(ServerOptions options, RootHandler handler) {
    if (options.listen.empty()) {
      options.listen = {"127.0.0.1:0"};
    }
    auto started = StartServer(options, std::move(handler), clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  std::string address() const { return server_->addresses().front(); }

  static Response Echo(const Request& request) {
    return TextResponse(200, Cat(request.method, " ", request.path, " ", request.form.Get("q"), " ", request.body.size()));
  }

  SystemClock clock_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  StartWith(Echo);
  RawClient client(address());
  client.Send(
      "GET /a?q=1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 3\r\n\r\nq=2GET /c HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /a 1 0");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "POST /b 2 3");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /c  0");
  client.Send("GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("Connection: close\r\n"));
}

TEST_F(ServerTest, ReadsAndIgnoresTheBodyOfAGet) {
  StartWith(Echo);
  RawClient client(address());
  client.Send("GET /a?q=url HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\nq=body");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /a url 6");
  client.Send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /b  0");
}

TEST_F(ServerTest, TakesBytesOneByOneAndChunkedBodies) {
  StartWith(Echo);
  RawClient client(address());
  for (const char c :
       std::string_view("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_EQ(BodyOf(client.ReadResponse()), "POST /a  5");
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  StartWith(Echo);
  RawClient client(address());
  client.Send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadResponse(true), HasSubstr("Content-Length: 10\r\n"));
  client.Send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /b  0");
}

TEST_F(ServerTest, AsksForABodyThatWaits) {
  StartWith(Echo);
  RawClient client(address());
  client.Send("POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "POST /a  2");
}

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  StartWith(Echo);
  const auto answer = [this](std::string_view bytes) {
    RawClient client(address());
    client.Send(bytes);
    return client.ReadToEnd();
  };
  EXPECT_THAT(answer("rubbish\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer("GET relative HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("GET / HTTP/3.0\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 505"));
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerTest, HoldsItsSizeLimits) {
  StartWith({.body_bytes_max = 100}, Echo);
  const auto answer = [this](const std::string& bytes) {
    RawClient client(address());
    client.Send(bytes);
    return client.ReadToEnd();
  };
  const std::string close = "Connection: close\r\n";
  EXPECT_THAT(answer(Cat("GET /", std::string(kHeaderBytesMax - 1000, 'a'), " HTTP/1.1\r\n", close, "\r\n")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer(Cat("GET / HTTP/1.1\r\n", close, "X: ", std::string(60'000, 'a'), "\r\n\r\n")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer(Cat("GET / HTTP/1.1\r\n", close, "X: ", std::string(70'000, 'a'), "\r\n\r\n")), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer(Cat("GET / HTTP/1.1\r\n", close, "X: ", std::string(kHeaderBytesMax, 'a'), "\r\n\r\n")), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer(Cat("GET /", std::string(kHeaderBytesMax * 2, 'a'))), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(answer(Cat("POST / HTTP/1.1\r\n", close, "Content-Length: 100\r\n\r\n", std::string(100, 'a'))), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer(Cat("POST / HTTP/1.1\r\n", close, "Content-Length: 101\r\n\r\n", std::string(101, 'a'))), StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerTest, RefusesConnectionsAboveTheLimit) {
  StartWith({.connections_max = 2}, Echo);
  RawClient first(address());
  RawClient second(address());
  for (RawClient* client : {&first, &second}) {
    client->Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client->ReadResponse(), StartsWith("HTTP/1.1 200"));
  }
  RawClient third(address());
  EXPECT_THAT(third.ReadToEnd(), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(server_->stats().connections_refused, 1u);
}

TEST_F(ServerTest, CompressesForThoseWhoAsk) {
  const std::string text(100'000, 'x');
  StartWith([&](const Request&) { return TextResponse(200, text); });
  RawClient client(address());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: deflate, gzip;q=1.0\r\n\r\n");
  const std::string gzip = client.ReadResponse();
  EXPECT_THAT(gzip, HasSubstr("Content-Encoding: gzip\r\n"));
  std::string plain;
  ASSERT_TRUE(GzipDecode(BodyOf(gzip), 1 << 20, &plain).ok());
  EXPECT_EQ(plain, text);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: zstd, gzip;q=0\r\n\r\n");
  const std::string zstd = client.ReadResponse();
  EXPECT_THAT(zstd, HasSubstr("Content-Encoding: zstd\r\n"));
  plain.clear();
  ASSERT_TRUE(ZstdDecode(BodyOf(zstd), 1 << 20, &plain).ok());
  EXPECT_EQ(plain, text);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, deflate\r\n\r\n");
  const std::string deflate = client.ReadResponse();
  EXPECT_THAT(deflate, HasSubstr("Content-Encoding: deflate\r\n"));
  plain.assign(text.size(), ' ');
  uLongf size = plain.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(plain.data()), &size, reinterpret_cast<const Bytef*>(BodyOf(deflate).data()),
                       BodyOf(deflate).size()),
            Z_OK);
  EXPECT_EQ(plain, text);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n");
  const std::string identity = client.ReadResponse();
  EXPECT_THAT(identity, AllOf(Not(HasSubstr("Content-Encoding")), HasSubstr("Vary: Accept-Encoding\r\n")));
  EXPECT_EQ(BodyOf(identity), text);
}

TEST_F(ServerTest, StreamsInParts) {
  StartWith([](const Request&) {
    Response response = TextResponse(200, "first,");
    response.stream = [left = 3](std::string* chunk) mutable {
      Append(chunk, left, ",");
      return --left > 0;
    };
    return response;
  });
  RawClient client(address());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string response = client.ReadResponse();
  EXPECT_EQ(BodyOf(response), "6\r\nfirst,\r\n2\r\n3,\r\n2\r\n2,\r\n2\r\n1,\r\n0\r\n\r\n");
  RawClient old(address());
  old.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(BodyOf(old.ReadToEnd()), "first,3,2,1,");
}

TEST_F(ServerTest, TellsHandlersThatTheClientHasGone) {
  std::promise<void> started;
  std::promise<bool> cancelled;
  StartWith([&](const Request& request) {
    started.set_value();
    // Ends at once when the token is stopped, else never: the test would hang.
    cancelled.set_value(!clock_.WaitUntil(kMaxTimestamp / 2'000'000, *request.cancel));
    return TextResponse(200, "");
  });
  RawClient client(address());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  started.get_future().wait();
  client.Close();
  EXPECT_TRUE(cancelled.get_future().get());
}

TEST_F(ServerTest, FinishesRunningRequestsWhenItStops) {
  std::promise<void> started;
  std::promise<void> go_on;
  std::shared_future<void> may_end = go_on.get_future().share();
  StartWith([&](const Request&) {
    started.set_value();
    may_end.wait();
    return TextResponse(200, "done");
  });
  RawClient idle(address());
  RawClient client(address());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  started.get_future().wait();
  std::thread stopper([this] { server_->Stop(kMinute); });
  EXPECT_EQ(idle.ReadToEnd(), "");
  go_on.set_value();
  const std::string response = client.ReadToEnd();
  stopper.join();
  EXPECT_THAT(response, HasSubstr("Connection: close"));
  EXPECT_EQ(BodyOf(response), "done");
}

TEST_F(ServerTest, ListensOnUnixSocketsAndSeveralAddresses) {
  const std::string path = Cat(testing::TempDir(), "/tocsin-http-", ::getpid(), ".sock");
  StartWith({.listen = {"127.0.0.1:0", Cat("unix:", path), "localhost:0", ":0"}}, Echo);
  for (const std::string& address : server_->addresses()) {
    RawClient client(address);
    client.Send("GET /u HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(BodyOf(client.ReadResponse()), "GET /u  0");
  }
  server_.reset();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST_F(ServerTest, NamesTheAddressThatIsTaken) {
  StartWith(Echo);
  ServerOptions options{.listen = {address()}};
  const auto second = StartServer(options, Echo, clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(Message(second.status())), HasSubstr(Cat("listen tcp ", address(), ": bind: Address already in use")));
  EXPECT_FALSE(StartServer({.listen = {"localhost"}}, Echo, clock_).ok());
}

}  // namespace
}  // namespace tocsin::http
