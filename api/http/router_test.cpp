#include "api/http/router.h"

#include <gtest/gtest.h>

namespace tocsin::http {
namespace {

Response Ask(const Router& router, std::string method, std::string target) {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  EXPECT_TRUE(DecodeTarget(&request));
  return router.Route(request);
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    const auto says = [](std::string text) {
      return [text](const Request& request) {
        std::string body = text;
        for (const std::string& parameter : request.path_parameters) {
          body += "(" + parameter + ")";
        }
        return TextResponse(200, body);
      };
    };
    router_.Handle("GET POST", "/api/v1/query", says("query"));
    router_.Handle("GET", "/api/v1/label/:name/values", says("values"));
    router_.Handle("OPTIONS", "/api/v1/*", says("options"));
    router_.Handle("GET", "/assets/*", says("assets"));
    router_.Handle("GET", "/", says("root"));
  }
  Router router_;
};

TEST_F(RouterTest, FindsLiteralsParametersAndRests) {
  EXPECT_EQ(Ask(router_, "POST", "/api/v1/query?x=1").body, "query");
  EXPECT_EQ(Ask(router_, "GET", "/api/v1/label/a%2Eb/values").body, "values(a.b)");
  EXPECT_EQ(Ask(router_, "GET", "/assets/js/x.js").body, "assets(js/x.js)");
  EXPECT_EQ(Ask(router_, "GET", "/").body, "root");
  Request request;
  request.method = "GET";
  request.path = "/api/v1/label/x/values";
  std::string_view pattern;
  router_.Route(request, &pattern);
  EXPECT_EQ(pattern, "/api/v1/label/:name/values");
}

TEST_F(RouterTest, TakesSlashesAsTheyComeWithoutRedirects) { EXPECT_EQ(Ask(router_, "GET", "//api/v1//query/").body, "query"); }

TEST_F(RouterTest, RefusesUnknownPathsAndMethods) {
  EXPECT_EQ(Ask(router_, "GET", "/nothing").status, 404);
  const Response response = Ask(router_, "DELETE", "/api/v1/query");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FindHeader(response.headers, "allow"), "GET, POST");
}

TEST(RequestTest, DecodesTargets) {
  Request request;
  request.method = "POST";
  request.target = "/a%20b?x=1&y=%zz";
  request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = "x=2";
  ASSERT_TRUE(DecodeTarget(&request));
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.form.Get("x"), "2");
  EXPECT_EQ(request.query.Get("x"), "1");
  EXPECT_EQ(request.form_error, R"(invalid URL escape "%zz")");
  request.method = "GET";
  ASSERT_TRUE(DecodeTarget(&request));
  EXPECT_EQ(request.form.Get("x"), "1");
  for (const char* bad : {"", "a", "/%zz", "/a%00b"}) {
    request.target = bad;
    EXPECT_FALSE(DecodeTarget(&request)) << bad;
  }
  request.target = "http://host:1/path?x=3";
  ASSERT_TRUE(DecodeTarget(&request));
  EXPECT_EQ(request.path, "/path");
}

}  // namespace
}  // namespace tocsin::http
