// Series that a receiver knows take another way into the store than new ones; nothing of it may show.

#include <prometheus/registry.h>

#include <random>

#include "api/receive/known_series_writer.h"
#include "api/receive/remote_write_receiver.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/recording_store.h"
#include "tests/support/write_request_builder.h"

namespace tocsin {
namespace {

using test::SeriesToSend;
using testing::ElementsAre;
using testing::Pair;

constexpr TimestampMs kKnownNow = 1'700'000'000'000;

/// A receiver with its store; `remembers` false: a new receiver for each request.
struct Side {
  explicit Side(bool remembers) : remembers_(remembers) {}

  http::Response Send(const std::vector<SeriesToSend>& series, bool v2) {
    if (receiver == nullptr || !remembers_) {
      receiver = nullptr;
      metrics = std::make_unique<prometheus::Registry>();
      receiver = std::make_unique<RemoteWriteReceiver>(RemoteWriteOptions{.start_timestamps = false}, store, clock, *metrics);
    }
    http::Request request;
    request.method = "POST";
    request.headers = {{"Content-Type", v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf"},
                       {"Content-Encoding", "snappy"}};
    request.body = test::Snappy(v2 ? test::EncodeV2(series) : test::EncodeV1(series));
    return receiver->Handle(request);
  }

  std::string Contents() const {
    std::string text;
    for (const auto& [labels, one] : store.series) {
      Append(&text, labels, ":");
      for (const auto& [t, value] : one.samples) {
        Append(&text, " ", t - kKnownNow, "=", value);
      }
      Append(&text, " ", one.exemplars.size(), "\n");
    }
    return text;
  }

  const bool remembers_;
  ManualClock clock{kKnownNow};
  test::RecordingStore store;
  std::unique_ptr<prometheus::Registry> metrics;
  std::unique_ptr<RemoteWriteReceiver> receiver;
};

SeriesToSend Load(std::string instance, std::vector<SeriesToSend::Sample> samples) {
  SeriesToSend series;
  series.labels = {{"__name__", "load"}, {"instance", std::move(instance)}};
  series.samples = std::move(samples);
  return series;
}

class KnownSeriesTest : public testing::TestWithParam<bool> {};

TEST_P(KnownSeriesTest, IsWrittenAgain) {
  Side side(true);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(side.Send({Load("a", {{1.0 * i, kKnownNow + i}}), Load("b", {{2.0 * i, kKnownNow + i}})}, GetParam()).status, 204);
  }
  EXPECT_THAT(side.store.series["{__name__=\"load\", instance=\"b\"}"].samples,
              ElementsAre(Pair(kKnownNow, 0), Pair(kKnownNow + 1, 2), Pair(kKnownNow + 2, 4)));
  EXPECT_EQ(side.store.names.size(), 2u) << "looked up by labels once";
}

TEST_P(KnownSeriesTest, ThatHasGoneIsMadeAnew) {
  Side side(true);
  EXPECT_EQ(side.Send({Load("a", {{1, kKnownNow}}), Load("b", {{1, kKnownNow}})}, GetParam()).status, 204);
  side.store.series.erase("{__name__=\"load\", instance=\"a\"}");
  for (int i = 1; i < 3; ++i) {
    EXPECT_EQ(side.Send({Load("a", {{2, kKnownNow + i}}), Load("b", {{2, kKnownNow + i}})}, GetParam()).status, 204);
  }
  EXPECT_EQ(side.store.series["{__name__=\"load\", instance=\"a\"}"].samples.size(), 2u);
  EXPECT_EQ(side.store.series["{__name__=\"load\", instance=\"b\"}"].samples.size(), 3u);
  EXPECT_EQ(side.store.names.size(), 3u) << "and is known again";
}

TEST_P(KnownSeriesTest, MoreThanOneBatch) {
  Side side(true);
  std::vector<SeriesToSend> all;
  for (size_t i = 0; i < 2 * KnownSeriesWriter::kBatchSamples + 1; ++i) {
    all.push_back(Load(Cat(i), {{1, kKnownNow}}));
  }
  EXPECT_EQ(side.Send(all, GetParam()).status, 204);
  for (SeriesToSend& series : all) {
    series.samples = {{2, kKnownNow + 1}};
  }
  EXPECT_EQ(side.Send(all, GetParam()).status, 204);
  for (const auto& [labels, series] : side.store.series) {
    EXPECT_EQ(series.samples.size(), 2u) << labels;
  }
}

/// Random requests, with samples that do not fit and series that are invalid, to a receiver that remembers and to one that does not.
TEST_P(KnownSeriesTest, ChangesNoAnswer) {
  std::mt19937_64 random(5);
  Side known(true);
  Side fresh(false);
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<SeriesToSend> request(random() % 6);
    for (SeriesToSend& series : request) {
      series = Load(Cat(random() % 4), {});
      if (random() % 12 == 0) {
        series.labels.pop_back();
        series.labels[0].first = "nameless";
      } else if (random() % 8 == 0) {
        std::swap(series.labels[0], series.labels[1]);
      }
      for (size_t i = random() % 3 + (random() % 8 != 0 ? 1 : 0); i > 0; --i) {
        const bool misfit = random() % 10 == 0;
        series.samples.push_back(
            {static_cast<double>(random() % 3), kKnownNow + round * 10 + static_cast<int>(random() % 8) - (misfit ? 100 : 0)});
        if (random() % 40 == 0) {
          series.samples.back().t = kKnownNow + kWriteAheadMax + 1 + static_cast<int>(random() % 2);
        }
      }
      if (random() % 10 == 0) {
        series.exemplars.push_back({{{"trace", "x"}}, 1, kKnownNow + round * 10});
      }
      series.has_metadata = random() % 4 == 0;
    }
    if (random() % 20 == 0 && !known.store.series.empty()) {
      const std::string name = known.store.series.begin()->first;
      known.store.series.erase(name);
      fresh.store.series.erase(name);
    }
    const http::Response answer = known.Send(request, GetParam());
    const http::Response expected = fresh.Send(request, GetParam());
    ASSERT_EQ(answer.status, expected.status) << round;
    ASSERT_EQ(answer.body, expected.body) << round;
    ASSERT_EQ(answer.headers, expected.headers) << round;
    ASSERT_EQ(known.Contents(), fresh.Contents()) << round;
    refused += answer.status == 400;
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(known.Contents().size(), 400u);
  EXPECT_LT(known.store.names.size(), fresh.store.names.size());
}

INSTANTIATE_TEST_SUITE_P(Versions, KnownSeriesTest, testing::Bool(), [](const auto& info) { return info.param ? "V2" : "V1"; });

}  // namespace
}  // namespace tocsin
