#include "api/receive/otlp_names.h"

#include "base/strings.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

std::string Metric(std::string_view name, std::string_view unit, OtlpNameKind kind, OtlpNaming naming = {}) {
  const absl::StatusOr<std::string> result = OtlpMetricName(name, unit, kind, naming);
  return result.ok() ? *result : std::string(tocsin::Message(result.status()));
}

std::string LabelOf(std::string_view name, OtlpNaming naming = {}) {
  const absl::StatusOr<std::string> result = OtlpLabelName(name, naming);
  return result.ok() ? *result : std::string(tocsin::Message(result.status()));
}

TEST(OtlpNamesTest, MetricsWithSuffixes) {
  using enum OtlpNameKind;
  EXPECT_EQ(Metric("http.server.request.duration", "s", kOther), "http_server_request_duration_seconds");
  EXPECT_EQ(Metric("requests.count", "1", kMonotonicSum), "requests_count_total");
  EXPECT_EQ(Metric("memory.usage", "By", kGauge), "memory_usage_bytes");
  EXPECT_EQ(Metric("cpu.utilization", "1", kGauge), "cpu_utilization_ratio");
  EXPECT_EQ(Metric("total.requests", "", kMonotonicSum), "requests_total");
  EXPECT_EQ(Metric("net.io", "By/s", kGauge), "net_io_bytes_per_second");
  EXPECT_EQ(Metric("queue", "{items}", kGauge), "queue");
  EXPECT_EQ(Metric("file__seconds..x", "s", kGauge), "file_seconds_x");
  EXPECT_EQ(Metric("5xx", "", kGauge), "_5xx");
  EXPECT_EQ(Metric("größe", "", kGauge), "gr_e");
  EXPECT_EQ(Metric("ö", "", kGauge), "normalization for metric \"ö\" resulted in empty name");
}

TEST(OtlpNamesTest, OtherStrategies) {
  using enum OtlpNameKind;
  EXPECT_EQ(Metric("http.requests__x", "s", kMonotonicSum, {.suffixes = false}), "http_requests__x");
  const OtlpNaming utf8{.utf8 = true};
  EXPECT_EQ(Metric("http.requests", "s", kMonotonicSum, utf8), "http.requests_seconds_total");
  EXPECT_EQ(Metric("a_total", "1/s", kMonotonicSum, utf8), "a_per_second_total");
  EXPECT_EQ(Metric("http.requests", "s", kMonotonicSum, {.utf8 = true, .suffixes = false}), "http.requests");
}

TEST(OtlpNamesTest, Labels) {
  EXPECT_EQ(LabelOf("http.method"), "http_method");
  EXPECT_EQ(LabelOf("1st"), "key_1st");
  EXPECT_EQ(LabelOf("_private"), "key_private");
  EXPECT_EQ(LabelOf("__name__"), "__name__");
  EXPECT_EQ(LabelOf("a..b"), "a__b");
  EXPECT_EQ(LabelOf("a..b", {.keep_multiple_underscores = false}), "a_b");
  EXPECT_EQ(LabelOf("_private", {.key_before_underscore = false}), "_private");
  EXPECT_EQ(LabelOf("a.b", {.utf8 = true}), "a.b");
  EXPECT_EQ(LabelOf(""), "normalization for label name \"\" resulted in empty name");
  EXPECT_EQ(OtlpUnitName("By/s"), "bytes_per_second");
  EXPECT_EQ(OtlpUnitName("1"), "");
  EXPECT_EQ(OtlpUnitName("{x}/m"), "per_minute");
}

}  // namespace
}  // namespace tocsin
