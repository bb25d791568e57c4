// How clients of today call: Seldon's own one, KEDA, iter8, prometheus-adapter.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/strings.h"
#include "tests/api/api_server.h"

namespace tocsin::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CallFormsTest : public testing::Test {
 protected:
  const ApiServer server_;
};

TEST_F(CallFormsTest, GetWithTheFormAsBodyToo) {
  RawClient client(server_.address());
  const std::string form = Cat("query=temperature&time=", server_.newest());
  for (int i = 0; i < 2; ++i) {  // the connection stays usable
    client.Send(Cat("GET /api/v1/query?", form,
                    " HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ", form.size(), "\r\n\r\n",
                    form));
    const std::string answer = client.ReadResponse();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr(Cat("\"value\":[", server_.newest(), ",\"60\"]")));
  }
  // What the body says does not count.
  client.Send(
      "GET /api/v1/query?query=1&time=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      "7\r\n\r\nquery=2");
  EXPECT_THAT(client.ReadResponse(), HasSubstr(R"("result":[1,"1"])"));
}

TEST_F(CallFormsTest, CredentialsInTheUrlAndTokensAreIgnoredWithoutUsers) {
  const SystemClock clock;
  HttpClient client(HttpClientOptions{}, clock);
  HttpRequest request;
  request.url = Cat("http://user:pass@", server_.address(), "/api/v1/query?query=1&time=1");
  const auto answer = client.Do(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})");
  EXPECT_THAT(server_.Raw("GET /api/v1/query?query=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(CallFormsTest, BaseUrlsWithSlashesAreNotRedirected) {
  for (const char* path : {"/api/v1/query", "/api/v1//query", "//api/v1/query", "/api/v1/query/"}) {
    EXPECT_THAT(server_.Raw(Cat("GET ", path, "?query=1&time=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
                StartsWith("HTTP/1.1 200 OK\r\n"))
        << path;
  }
}

TEST_F(CallFormsTest, PrometheusAdapterFindsSeriesByARegularExpressionOfTheName) {
  const std::string start = Cat("&start=", server_.oldest());
  EXPECT_EQ(server_.Get(Cat("/api/v1/series?match%5B%5D=%7B__name__%3D~%22%5Eseldon_model.%2A_total%22%2Cnamespace%21%3D%22%22%7D", start)),
            R"({"status":"success","data":[{"__name__":"seldon_model_infer_total","job":"pushed","model":"iris","namespace":"seldon"},)"
            R"({"__name__":"seldon_model_infer_total","job":"pushed","model":"wine","namespace":"seldon"}]})");
  EXPECT_THAT(server_.Get(Cat(
                  "/api/v1/query?query=sum%20by%20(model)%20(rate(seldon_model_infer_total%7Bnamespace%3D%22seldon%22%7D%5B2m%5D))&time=",
                  server_.newest())),
              HasSubstr(R"({"metric":{"model":"iris"},"value":[)"));
}

TEST_F(CallFormsTest, BrowsersAskFirst) {
  const std::string preflight = server_.Raw(
      "OPTIONS /api/v1/query HTTP/1.1\r\nHost: x\r\nOrigin: http://ui.example\r\nAccess-Control-Request-Method: POST\r\nConnection: "
      "close\r\n\r\n");
  EXPECT_THAT(preflight, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(preflight, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(preflight, HasSubstr("Access-Control-Allow-Methods: GET, POST, OPTIONS\r\n"));
  EXPECT_THAT(preflight, HasSubstr("Vary: Origin\r\n"));
}

TEST(CorsTest, OriginsThatDoNotFitAreNotAllowed) {
  const ApiServer server({"--web.cors.origin=https?://(a|b)[.]example"});
  const auto from = [&server](const std::string& origin) {
    return server.Raw(Cat("GET /api/v1/query?query=1 HTTP/1.1\r\nHost: x\r\nOrigin: ", origin, "\r\nConnection: close\r\n\r\n"));
  };
  EXPECT_THAT(from("http://a.example"), HasSubstr("Access-Control-Allow-Origin: http://a.example\r\n"));
  EXPECT_THAT(from("http://a.example.evil"), testing::Not(HasSubstr("Access-Control-Allow-Origin")));
}

TEST(RoutePrefixTest, AllPathsMoveBelowIt) {
  const TemporaryFolder folder;
  const RunningProgram program(folder, folder.Write("prometheus.yml", "global: {}\n"),
                               {"--web.external-url=https://example.org/prom/", "--web.route-prefix=/"});
  EXPECT_THAT(program.Get("/api/v1/openapi.yaml"), HasSubstr("url: 'https://example.org/prom/api/v1'"));
  int status = 0;
  program.Get("/prom/api/v1/labels", &status);
  EXPECT_EQ(status, 404);
}

}  // namespace
}  // namespace tocsin::test
