#include "tests/doubles/fake_kubernetes.h"

#include <gtest/gtest.h>

#include "base/http_client/http_client.h"
#include "base/strings.h"

namespace tocsin::test {
namespace {

std::string PodJson(std::string_view name, std::string_view app) {
  return Cat(R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")", name, R"(","namespace":"default","labels":{"app":")", app,
             R"("}},"status":{"phase":"Running"}})");
}

class FakeKubernetesTest : public testing::Test {
 protected:
  std::unique_ptr<FakeKubernetes> fake_ = *FakeKubernetes::Start();
  SystemClock clock_;
  HttpClient client_{HttpClientOptions(), clock_};

  HttpResponse Get(std::string_view path) {
    tocsin::HttpRequest request;
    request.url = Cat(fake_->url(), path);
    const auto response = client_.Do(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : HttpResponse();
  }
};

TEST_F(FakeKubernetesTest, ListsInPagesAndBySelectors) {
  for (const std::string_view name : {"a", "b", "c"}) {
    ASSERT_TRUE(fake_->Apply(PodJson(name, name == "b" ? "other" : "model")).ok());
  }
  const std::string first = Get("/api/v1/pods?limit=2").body;
  EXPECT_NE(first.find(R"("continue":"103|default/b")"), std::string::npos) << first;
  EXPECT_NE(first.find(R"("resourceVersion":"101")"), std::string::npos) << first;
  const std::string second = Get("/api/v1/pods?limit=2&continue=103%7Cdefault/b").body;
  EXPECT_EQ(second.find(R"("name":"b")"), std::string::npos);
  EXPECT_NE(second.find(R"("name":"c")"), std::string::npos);
  const std::string selected = Get("/api/v1/namespaces/default/pods?labelSelector=app%3Dmodel&fieldSelector=metadata.name%21%3Da").body;
  EXPECT_EQ(selected.find(R"("name":"a")"), std::string::npos);
  EXPECT_NE(selected.find(R"("name":"c")"), std::string::npos);
  EXPECT_EQ(fake_->counts().lists["pods"], 2);
  EXPECT_EQ(fake_->counts().pages["pods"], 3);
}

TEST_F(FakeKubernetesTest, WatchesTellWhatHappensAndEndWithGone) {
  ASSERT_TRUE(fake_->Apply(PodJson("a", "x")).ok());
  tocsin::HttpRequest request;
  request.url = Cat(fake_->url(), "/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=", fake_->version());
  std::string seen;
  int step = 0;
  ASSERT_TRUE(fake_->Apply(PodJson("b", "x")).ok());
  const auto response = client_.Stream(request, [&](std::string_view chunk) {
    seen.append(chunk);
    if (step == 0) {
      EXPECT_TRUE(fake_->Delete("Pod", "default", "a"));
    } else if (step == 1) {
      fake_->SendBookmarks();
    } else if (step == 2) {
      fake_->Expire();
    }
    ++step;
    return true;
  });
  EXPECT_TRUE(response.ok()) << response.status();
  EXPECT_NE(seen.find(R"({"type":"ADDED")"), std::string::npos);
  EXPECT_NE(seen.find(R"({"type":"DELETED")"), std::string::npos);
  EXPECT_NE(seen.find(R"({"type":"BOOKMARK")"), std::string::npos);
  EXPECT_NE(seen.find(R"("code":410)"), std::string::npos);
}

TEST_F(FakeKubernetesTest, FaultsOnDemand) {
  fake_->FailNext(1, 503);
  EXPECT_EQ(Get("/api/v1/pods").status, 503);
  EXPECT_EQ(Get("/api/v1/pods").status, 200);
  fake_->SetToken("secret");
  EXPECT_EQ(Get("/api/v1/pods").status, 401);
  EXPECT_EQ(Get("/api/v1/bananas").status, 401);
  fake_->SetToken("");
  EXPECT_EQ(Get("/api/v1/bananas").status, 404);
}

}  // namespace
}  // namespace tocsin::test
