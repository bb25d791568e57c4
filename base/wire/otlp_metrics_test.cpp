#include "base/wire/otlp_metrics.h"

#include "base/wire/library/proto_library.h"
#include "base/wire/proto_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin::wire {
namespace {

using testing::ElementsAre;

std::string EncodeAttribute(std::string_view key, std::string_view value) {
  std::string message;
  ProtoWriter writer(&message);
  writer.Bytes(1, key);
  writer.Message(2, [&](ProtoWriter& any) { any.Bytes(1, value); });
  return message;
}

/// One request with a data point of each kind.
std::string EncodeRequest() {
  std::string body;
  ProtoWriter writer(&body);
  const auto fixed = [](ProtoWriter& out, uint32_t field, uint64_t value) { out.DoubleAlways(field, std::bit_cast<double>(value)); };
  writer.Message(1, [&](ProtoWriter& resource) {
    resource.Message(1, [](ProtoWriter& r) { r.BytesAlways(1, EncodeAttribute("service.name", "s")); });
    resource.Message(2, [&](ProtoWriter& scope) {
      scope.Message(1, [](ProtoWriter& info) { info.Bytes(1, "lib"); });
      scope.Message(2, [&](ProtoWriter& metric) {
        metric.Bytes(1, "sum");
        metric.Message(7, [&](ProtoWriter& sum) {
          sum.Message(1, [&](ProtoWriter& point) {
            fixed(point, 3, 5'000'000);
            fixed(point, 6, static_cast<uint64_t>(-3));
            point.Message(5, [&](ProtoWriter& exemplar) {
              fixed(exemplar, 2, 4'000'000);
              exemplar.DoubleAlways(3, 1.5);
              exemplar.Bytes(5, std::string_view("\x01\xab", 2));
            });
            point.BytesAlways(7, EncodeAttribute("k", "v"));
          });
          sum.Varint(2, 2);
          sum.Varint(3, 1);
        });
      });
      scope.Message(2, [&](ProtoWriter& metric) {
        metric.Bytes(1, "exp");
        metric.Message(10, [&](ProtoWriter& histogram) {
          histogram.Message(1, [&](ProtoWriter& point) {
            fixed(point, 4, 9);
            point.SInt64(6, -2);
            point.Message(8, [](ProtoWriter& buckets) {
              buckets.SInt64(1, -7);
              buckets.PackedVarints(2, std::vector<uint64_t>{1, 300});
            });
          });
        });
      });
      scope.Message(2, [&](ProtoWriter& metric) {
        metric.Bytes(1, "hist");
        metric.Message(9, [&](ProtoWriter& histogram) {
          histogram.Message(1, [&](ProtoWriter& point) {
            point.DoubleAlways(5, 0);
            point.PackedDoubles(6, std::vector<double>{std::bit_cast<double>(uint64_t{4}), std::bit_cast<double>(uint64_t{5})});
            point.PackedDoubles(7, std::vector<double>{0.5});
          });
        });
      });
    });
  });
  return body;
}

void ExpectDecoded(std::string_view body) {
  const absl::StatusOr<std::vector<OtlpResource>> resources = DecodeOtlpProtobuf(body);
  ASSERT_TRUE(resources.ok());
  ASSERT_EQ(resources->size(), 1u);
  const OtlpResource& resource = (*resources)[0];
  EXPECT_THAT(resource.attributes, ElementsAre(testing::Pair("service.name", "s")));
  ASSERT_EQ(resource.scopes.size(), 1u);
  EXPECT_EQ(resource.scopes[0].name, "lib");
  const std::vector<OtlpMetric>& metrics = resource.scopes[0].metrics;
  ASSERT_EQ(metrics.size(), 3u);
  EXPECT_TRUE(metrics[0].monotonic);
  EXPECT_EQ(metrics[0].temporality, OtlpTemporality::kCumulative);
  EXPECT_EQ(metrics[0].points[0].value, -3);
  EXPECT_EQ(metrics[0].points[0].exemplars[0].trace_id, "01ab");
  EXPECT_EQ(metrics[0].points[0].exemplars[0].value, 1.5);
  EXPECT_EQ(metrics[1].points[0].scale, -2);
  EXPECT_EQ(metrics[1].points[0].positive.offset, -7);
  EXPECT_THAT(metrics[1].points[0].positive.counts, ElementsAre(1, 300));
  EXPECT_EQ(metrics[2].points[0].sum, 0);
  EXPECT_THAT(metrics[2].points[0].bucket_counts, ElementsAre(4, 5));
  EXPECT_THAT(metrics[2].points[0].bounds, ElementsAre(0.5));
}

TEST(OtlpMetricsTest, ProtobufAsTheLibraryReadsIt) {
  const std::string body = EncodeRequest();
  ExpectDecoded(body);
  std::string rewritten;
  ASSERT_TRUE(ProtoLibrary().Rewrite("opentelemetry.proto.ExportMetricsServiceRequest", body, &rewritten));
  ExpectDecoded(rewritten);
}

TEST(OtlpMetricsTest, ValuesWithinValuesEnd) {
  std::string value;
  for (int depth = 0; depth < kOtlpValueDepthMax + 2; ++depth) {
    std::string outer;
    ProtoWriter writer(&outer);
    writer.Message(5, [&value](ProtoWriter& list) { list.BytesAlways(1, value); });
    value = outer;
  }
  std::string body;
  ProtoWriter writer(&body);
  writer.Message(1, [&](ProtoWriter& resource) {
    resource.Message(1, [&](ProtoWriter& r) {
      r.Message(1, [&](ProtoWriter& attribute) {
        attribute.Bytes(1, "k");
        attribute.BytesAlways(2, value);
      });
    });
  });
  EXPECT_FALSE(DecodeOtlpProtobuf(body).ok());
}

}  // namespace
}  // namespace tocsin::wire
