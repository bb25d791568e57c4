#include "base/http_client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/compress/compress.h"
#include "base/strings.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;
using test::HttpDouble;
using testing::HasSubstr;

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() : folder_(testing::TempDir() + "http_client_test." + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~HttpClientTest() override { std::filesystem::remove_all(folder_); }

  HttpClient Client(HttpClientOptions options = {}) { return HttpClient(std::move(options), clock_); }

  static HttpRequest Get(std::string url) {
    HttpRequest request;
    request.url = std::move(url);
    return request;
  }

  /// Written anew under another inode, as a swap of a Kubernetes Secret does.
  std::string WriteFile(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

  const std::string folder_;
  SystemClock clock_;
};

TEST_F(HttpClientTest, AnyStatusIsAnAnswer) {
  HttpDouble server([](const DoubleRequest& request) {
    DoubleResponse response;
    response.status = request.target == "/ok" ? 200 : 404;
    response.body = "body of " + request.target;
    response.headers = {{"X-Kind", "text"}};
    return response;
  });
  HttpClient client = Client();
  const auto ok = client.Do(Get(server.Url("/ok")));
  ASSERT_TRUE(ok.ok()) << ok.status();
  EXPECT_EQ(ok->status_text, "200 OK");
  EXPECT_EQ(ok->body, "body of /ok");
  EXPECT_EQ(ok->Header("x-kind"), "text");
  const auto missing = client.Do(Get(server.Url("/no")));
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(missing->status_text, "404 Not Found");
  EXPECT_EQ(server.connections(), 1);  // kept
}

TEST_F(HttpClientTest, ErrorsSpeakAsGoDoes) {
  HttpDouble server([](const DoubleRequest& request) {
    DoubleResponse response;
    response.hang = request.target == "/hang";
    if (request.target == "/half") {
      response.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    } else if (request.target == "/garbage") {
      response.raw = "\x01\x02 no http at all\r\n\r\n";
    } else if (request.target == "/nothing") {
      response.raw = " ";
      response.reset = true;
    }
    return response;
  });
  HttpClient client = Client();
  HttpRequest request = Get(server.Url("/hang"));
  request.timeout_ms = 50;
  const std::string hang(Message(client.Do(request).status()));
  EXPECT_EQ(hang, Cat("Get \"", server.Url("/hang"), "\": context deadline exceeded"));
  EXPECT_EQ(Message(client.Do(Get(server.Url("/half"))).status()), "unexpected EOF");
  EXPECT_THAT(std::string(Message(client.Do(Get(server.Url("/garbage"))).status())), HasSubstr("malformed HTTP response"));
  EXPECT_THAT(std::string(Message(client.Do(Get(server.Url("/nothing"))).status())), HasSubstr("connection reset by peer"));

  int free_port = 0;
  {
    free_port = HttpDouble([](const DoubleRequest&) { return DoubleResponse(); }).port();
  }
  const std::string url = Cat("http://user:hidden@127.0.0.1:", free_port, "/x");
  const absl::Status refused = client.Do(Get(url)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Message(refused),
            Cat("Get \"http://user:xxxxx@127.0.0.1:", free_port, "/x\": dial tcp 127.0.0.1:", free_port, ": connect: connection refused"));
  EXPECT_EQ(client.Do(Get("ftp://127.0.0.1/")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client.Do(Get("::no url")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HttpClientTest, BodiesUnderTheirLimit) {
  std::string packed;
  GzipEncode(std::string(1000, 'x'), &packed);
  HttpDouble server([&](const DoubleRequest& request) {
    DoubleResponse response;
    if (request.Header("accept-encoding") == "gzip") {
      response.headers = {{"Content-Encoding", "gzip"}};
      response.body = packed;
    } else {
      response.body = std::string(1000, 'x');
    }
    return response;
  });
  HttpClient client = Client();
  for (const bool decode : {true, false}) {
    HttpRequest request = Get(server.Url("/"));
    request.decode_content = decode;
    request.body_bytes_max = 1000;
    const auto at = client.Do(request);
    ASSERT_TRUE(at.ok()) << at.status();
    EXPECT_EQ(at->body, std::string(1000, 'x'));
    request.body_bytes_max = 999;
    const absl::Status above = client.Do(request).status();
    EXPECT_EQ(above.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(Message(above), "body size limit exceeded");
  }
}

TEST_F(HttpClientTest, SecretsFromFilesAreReadAgain) {
  std::string seen;
  HttpDouble server([&](const DoubleRequest& request) {
    seen = request.Header("authorization") + "|" + request.Header("x-key");
    return DoubleResponse();
  });
  AuthorizationOptions authorization;
  authorization.credentials_file = WriteFile("token", "first\n");
  HttpClientOptions options;
  options.authorization = std::make_shared<AuthorizationOptions>(authorization);
  options.http_headers["X-Key"].files = {WriteFile("key", "k1")};
  HttpClient client = Client(options);
  ASSERT_TRUE(client.Do(Get(server.Url("/"))).ok());
  EXPECT_EQ(seen, "Bearer first|k1");
  WriteFile("token", "other\n");
  WriteFile("key", "k2");
  ASSERT_TRUE(client.Do(Get(server.Url("/"))).ok());
  EXPECT_EQ(seen, "Bearer other|k2");
  std::filesystem::remove(folder_ + "/token");
  const absl::Status gone = client.Do(Get(server.Url("/"))).status();
  EXPECT_EQ(gone.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(Message(gone)), HasSubstr("unable to read file"));
}

TEST_F(HttpClientTest, CredentialsStayWithTheirHost) {
  std::vector<std::string> seen;
  HttpDouble other([&](const DoubleRequest& request) {
    seen.push_back("other:" + request.Header("authorization") + request.Header("x-key") + request.Header("x-mine"));
    return DoubleResponse();
  });
  HttpDouble server([&](const DoubleRequest& request) {
    seen.push_back("server:" + request.Header("authorization") + request.Header("x-key"));
    DoubleResponse response;
    if (request.target == "/a") {
      response.status = 302;
      response.headers = {{"Location", "/b"}};
    } else if (request.target == "/b") {
      response.status = 307;
      response.headers = {{"Location", other.Url("/c")}};
    } else if (request.target == "/loop") {
      response.status = 301;
      response.headers = {{"Location", "/loop"}};
    }
    return response;
  });
  BasicAuthOptions basic;
  basic.username = "u";
  basic.password = Secret("p");
  HttpClientOptions options;
  options.basic_auth = std::make_shared<BasicAuthOptions>(basic);
  options.http_headers["X-Key"].secrets = {Secret("k")};
  HttpClient client = Client(options);
  HttpRequest request = Get(server.Url("/a"));
  request.headers = {{"X-Mine", "m"}};
  ASSERT_TRUE(client.Do(request).ok());
  EXPECT_THAT(seen, testing::ElementsAre("server:Basic dTpwk", "server:Basic dTpwk", "other:m"));
  EXPECT_THAT(std::string(Message(client.Do(Get(server.Url("/loop"))).status())), HasSubstr("stopped after 10 redirects"));

  options.follow_redirects = false;
  HttpClient still = Client(options);
  EXPECT_EQ(still.Do(Get(server.Url("/a")))->status, 302);
}

TEST_F(HttpClientTest, PostKeepsOrLosesItsBody) {
  std::vector<std::string> seen;
  HttpDouble server([&](const DoubleRequest& request) {
    seen.push_back(request.method + request.target + ":" + request.body);
    DoubleResponse response;
    if (request.target != "/end") {
      response.status = request.target == "/see" ? 303 : 307;
      response.headers = {{"Location", "/end"}};
    }
    return response;
  });
  HttpClient client = Client();
  for (const char* const path : {"/see", "/keep"}) {
    HttpRequest request = Get(server.Url(path));
    request.method = "POST";
    request.body = "data";
    ASSERT_TRUE(client.Do(request).ok());
  }
  EXPECT_THAT(seen, testing::ElementsAre("POST/see:data", "GET/end:", "POST/keep:data", "POST/end:data"));
}

TEST_F(HttpClientTest, TlsWithClientCertificateAndServerName) {
  const test::DoubleCertificate ca = test::MakeDoubleCertificate("ca.test");
  const test::DoubleCertificate server_cert = test::MakeDoubleCertificate("model.test", &ca);
  const test::DoubleCertificate client_cert = test::MakeDoubleCertificate("client.test", &ca);
  std::string host;
  HttpDouble server(
      [&](const DoubleRequest& request) {
        host = request.Header("host");
        return DoubleResponse();
      },
      {"", &server_cert, ca.cert_pem});
  EXPECT_THAT(std::string(Message(Client().Do(Get(server.Url("/"))).status())), HasSubstr("tls: failed to verify certificate"));

  HttpClientOptions options;
  options.tls.ca_file = WriteFile("ca.pem", ca.cert_pem);
  options.tls.cert = client_cert.cert_pem;
  options.tls.key = Secret(client_cert.key_pem);
  EXPECT_TRUE(Client(options).Do(Get(server.Url("/"))).ok());
  options.tls.server_name = "model.test";
  HttpClient named = Client(options);
  const auto answer = named.Do(Get(server.Url("/")));
  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(host, server.host());
  options.tls.server_name = "another.test";
  EXPECT_FALSE(Client(options).Do(Get(server.Url("/"))).ok());
  options.tls.insecure_skip_verify = true;
  EXPECT_TRUE(Client(options).Do(Get(server.Url("/"))).ok());
  options.tls.cert.clear();
  options.tls.key = Secret();
  EXPECT_FALSE(Client(options).Do(Get(server.Url("/"))).ok());
}

TEST_F(HttpClientTest, ChangedAuthoritiesCountAtOnce) {
  const test::DoubleCertificate right = test::MakeDoubleCertificate("right.test");
  const test::DoubleCertificate wrong = test::MakeDoubleCertificate("wrong.test");
  HttpDouble server([](const DoubleRequest&) { return DoubleResponse(); }, {"", &right, ""});
  HttpClientOptions options;
  options.tls.ca_file = WriteFile("ca.pem", wrong.cert_pem);
  HttpClient client = Client(options);
  EXPECT_FALSE(client.Do(Get(server.Url("/"))).ok());
  WriteFile("ca.pem", right.cert_pem);
  EXPECT_TRUE(client.Do(Get(server.Url("/"))).ok());
  WriteFile("ca.pem", wrong.cert_pem);
  EXPECT_FALSE(client.Do(Get(server.Url("/"))).ok());
}

TEST_F(HttpClientTest, ProxyAndItsExceptions) {
  HttpDouble proxy([](const DoubleRequest& request) {
    DoubleResponse response;
    response.body = "proxied " + request.target;
    return response;
  });
  HttpDouble server([](const DoubleRequest&) { return DoubleResponse{.body = "direct"}; });
  HttpClientOptions options;
  options.proxy.proxy_url = proxy.Url("");
  EXPECT_EQ(Client(options).Do(Get("http://nowhere.test/x"))->body, "proxied http://nowhere.test/x");
  options.proxy.no_proxy = "127.0.0.1";
  EXPECT_EQ(Client(options).Do(Get(server.Url("/x")))->body, "direct");
}

TEST_F(HttpClientTest, ProxyFromTheEnvironment) {
  HttpDouble proxy([](const DoubleRequest& request) { return DoubleResponse{.body = "proxied " + request.target}; });
  HttpDouble server([](const DoubleRequest&) { return DoubleResponse{.body = "direct"}; });
  HttpClientOptions options;
  const auto body = [&] { return Client(options).Do(Get(server.Url("/x")))->body; };
  setenv("HTTP_PROXY", proxy.Url("").c_str(), 1);
  setenv("NO_PROXY", "elsewhere.test", 1);
  EXPECT_EQ(body(), "direct");
  options.proxy.proxy_from_environment = true;
  EXPECT_EQ(body(), "proxied " + server.Url("/x"));
  setenv("NO_PROXY", "127.0.0.1,elsewhere.test", 1);
  EXPECT_EQ(body(), "direct");
  unsetenv("HTTP_PROXY");
  unsetenv("NO_PROXY");
}

TEST_F(HttpClientTest, Http2IsOfferedUnlessItIsSwitchedOff) {
  const test::DoubleCertificate certificate = test::MakeDoubleCertificate("model.test");
  HttpDouble server([](const DoubleRequest&) { return DoubleResponse(); }, {"", &certificate, ""});
  HttpClientOptions options;
  options.tls.insecure_skip_verify = true;
  EXPECT_TRUE(Client(options).Do(Get(server.Url("/"))).ok());
  EXPECT_EQ(server.protocols_offered(), "h2 http/1.1");
  options.enable_http2 = false;
  EXPECT_TRUE(Client(options).Do(Get(server.Url("/"))).ok());
  EXPECT_EQ(server.protocols_offered(), "http/1.1");
}

TEST_F(HttpClientTest, UnixSocket) {
  const std::string path = folder_ + "/s";
  HttpDouble server([](const DoubleRequest& request) { return DoubleResponse{.body = request.Header("host") + request.target}; }, {path});
  HttpRequest request = Get("http://localhost/metrics");
  request.unix_socket = path;
  const auto answer = Client().Do(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "localhost/metrics");
}

TEST_F(HttpClientTest, StreamsAndStops) {
  HttpDouble server([](const DoubleRequest& request) {
    DoubleResponse response;
    response.hang = request.target == "/hang";
    response.status = request.target == "/gone" ? 410 : 200;
    response.body = "line 1\nline 2\n";
    return response;
  });
  HttpClient client = Client();
  std::string got;
  const auto collect = [&](std::string_view piece) {
    got += piece;
    return true;
  };
  ASSERT_TRUE(client.Stream(Get(server.Url("/")), collect).ok());
  EXPECT_EQ(got, "line 1\nline 2\n");
  const auto gone = client.Stream(Get(server.Url("/gone")), collect);
  EXPECT_EQ(gone->status, 410);
  EXPECT_EQ(gone->body, "line 1\nline 2\n");
  EXPECT_EQ(client.Stream(Get(server.Url("/")), [](std::string_view) { return false; }).status().code(), absl::StatusCode::kCancelled);
  StopToken stop;
  stop.Stop();
  EXPECT_EQ(client.Stream(Get(server.Url("/hang")), collect, &stop).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace tocsin
