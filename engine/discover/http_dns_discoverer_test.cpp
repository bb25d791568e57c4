#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <atomic>

#include "base/strings.h"
#include "engine/discover/discovery_manager.h"
#include "engine/discover/dns_discoverer.h"
#include "engine/discover/testing/discovered_targets.h"
#include "tests/doubles/http_server.h"

namespace tocsin {
namespace {

using test::AddressesOf;

class HttpDiscoveryTest : public testing::Test {
 protected:
  ~HttpDiscoveryTest() override { manager_.Stop(); }

  void WaitForAddresses(const std::multiset<std::string>& wanted) {
    waiter_.WaitFor([&](const DiscoveredPools& pools) { return AddressesOf(pools, "job") == wanted; });
  }

  // What the server answers; the test moves on to the next one.
  struct Answer {
    int status;
    std::string type;
    std::string body;
  };
  void Serve(std::vector<Answer> answers) {
    answers_ = std::move(answers);
    server_ = *test::HttpServer::Start(0, [this](const test::HttpRequest& request, test::HttpResponseWriter& writer) {
      interval_header_ = std::atoi(request.headers.at("x-prometheus-refresh-interval-seconds").c_str());
      const Answer& answer = answers_[std::min<size_t>(next_.fetch_add(1), answers_.size() - 1)];
      writer.Send(answer.status, answer.type, answer.body);
    });
  }

  std::vector<Answer> answers_;
  std::atomic<size_t> next_ = 0;
  std::atomic<int> interval_header_ = -1;
  std::unique_ptr<test::HttpServer> server_;
  SystemClock clock_;
  prometheus::Registry registry_;
  test::SnapshotWaiter waiter_;
  DiscoveryManager manager_{{"scrape", 100}, clock_, registry_, waiter_.callback()};
};

TEST_F(HttpDiscoveryTest, FailuresKeepTheLastGoodTargets) {
  const std::string two = R"([{"targets":["a:1","a:2"],"labels":{"x":"y"}},{"targets":["b:1"]}])";
  Serve({{200, "application/json", two},
         {500, "application/json", two},
         {200, "text/html", "[]"},
         {200, "application/json", "[null]"},
         {200, "application/json", R"([{"targets":["a:1"]}])"},
         {200, "application/json; charset=utf-8", R"([{"targets":["a:9"]}])"}});
  HttpSdConfig config;
  config.url = server_->url();
  config.refresh_interval_ms = 1500;
  manager_.ApplyConfig({{"job", {config}}});
  WaitForAddresses({"a:1", "a:2", "b:1"});
  EXPECT_EQ(interval_header_, 1);
  const DiscoveredSnapshot snapshot = manager_.snapshot();
  EXPECT_EQ(snapshot->at("job")->groups[0]->labels, Labels::Of({{"x", "y"}, {"__meta_url", config.url}}));
  manager_.ApplyConfig({});
  config.refresh_interval_ms = 20;
  manager_.ApplyConfig({{"job", {config}}});
  WaitForAddresses({"a:9"});
  EXPECT_GE(next_, 6u);
}

std::vector<uint8_t> Bytes(std::initializer_list<std::string_view> parts) {
  std::vector<uint8_t> bytes;
  for (const std::string_view part : parts) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

using std::string_view_literals::operator""sv;

// A header with one question for "a.b." and that many answers.
std::vector<uint8_t> Message(std::string_view type, char answers, std::string_view records) {
  return Bytes({"\x12\x34\x81\x80\x00\x01\x00"sv, std::string_view(&answers, 1),
                "\x00\x00\x00\x00\x01"
                "a\x01"
                "b\x00"sv,
                type, "\x00\x01"sv, records});
}

TEST(DnsMessageTest, RecordsOfAllTypes) {
  const auto srv = ParseDnsAnswer(Message("\x00\x21"sv, 1,
                                          "\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x05\x00\x0a\x00\x00\x00\x01\x1f\x90\x01"
                                          "h\xc0\x0c"sv),
                                  DnsType::kSrv);
  ASSERT_TRUE(srv.ok()) << srv.status();
  ASSERT_EQ(srv->size(), 1u);
  EXPECT_EQ((*srv)[0].target, "h.a.b.");
  EXPECT_EQ((*srv)[0].port, 8080);
  const auto a =
      ParseDnsAnswer(Message("\x00\x01"sv, 1, "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x0a\x00\x00\x07"sv), DnsType::kA);
  ASSERT_EQ(a->size(), 1u);
  EXPECT_EQ((*a)[0].target, "10.0.0.7");
}

TEST(DnsMessageTest, MalformedAnswersAreErrors) {
  EXPECT_FALSE(ParseDnsAnswer({}, DnsType::kA).ok());
  EXPECT_FALSE(
      ParseDnsAnswer(Message("\x00\x01"sv, 2, "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x0a\x00\x00\x07"sv), DnsType::kA).ok());
  EXPECT_FALSE(
      ParseDnsAnswer(Message("\x00\x01"sv, 1, "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x03\x0a\x00\x00"sv), DnsType::kA).ok());
}

// Hands on the first update.
class FirstUpdate : public TargetSink {
 public:
  explicit FirstUpdate(StopToken& stop) : stop_(stop) {}
  void Update(std::vector<TargetGroupPtr> groups) override {
    groups_ = std::move(groups);
    stop_.Stop();
  }
  std::vector<TargetGroupPtr> groups_;

 private:
  StopToken& stop_;
};

TEST(DnsDiscovererTest, TargetsOfServiceRecords) {
  SystemClock clock;
  prometheus::Registry registry;
  DiscoveryMetrics metrics(registry, "scrape");
  DnsSdConfig config;
  config.names = {"_m._tcp.x", "gone", "broken"};
  const DnsLookup lookup = [](const std::string& name, DnsType type) -> absl::StatusOr<std::vector<DnsRecord>> {
    EXPECT_EQ(type, DnsType::kSrv);
    if (name == "broken") {
      return absl::UnavailableError("no server");
    }
    return name == "gone" ? std::vector<DnsRecord>() : std::vector<DnsRecord>{{DnsType::kSrv, "h.x.", 9090}};
  };
  StopToken stop;
  FirstUpdate sink(stop);
  DnsDiscoverer(config, {clock, metrics, "job"}, lookup).Run(sink, stop);
  ASSERT_EQ(sink.groups_.size(), 2u);
  EXPECT_EQ(sink.groups_[0]->source, "_m._tcp.x");
  EXPECT_EQ(sink.groups_[0]->targets[0], Labels::Of({{"__address__", "h.x:9090"},
                                                     {"__meta_dns_name", "_m._tcp.x"},
                                                     {"__meta_dns_srv_record_target", "h.x."},
                                                     {"__meta_dns_srv_record_port", "9090"}}));
  EXPECT_TRUE(sink.groups_[1]->targets.empty());
}

}  // namespace
}  // namespace tocsin
